/**
 * `node.json` in the data folder: how the command line finds the running node, and the token that
 * proves that it may talk to it.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { writePrivateFile } from './private-file.ts'
import type { NodeInfo } from './types.ts'

export const infoPath = (dataDir: string): string => join(dataDir, 'node.json')

const isInfo = (value: unknown): value is NodeInfo => {
  if (typeof value !== 'object' || value === null) return false
  const { pid, socket, web, token } = value as Record<string, unknown>
  return (
    Number.isSafeInteger(pid) && [socket, web, token].every((field) => typeof field === 'string')
  )
}

/** Null if there is none, or something else in its place. */
export const readInfo = (dataDir: string): NodeInfo | null => {
  try {
    const value: unknown = JSON.parse(readFileSync(infoPath(dataDir), 'utf8'))
    return isInfo(value) ? value : null
  } catch {
    return null
  }
}

export const writeInfo = (dataDir: string, info: NodeInfo): void => {
  writePrivateFile(infoPath(dataDir), `${JSON.stringify(info)}\n`)
}

/** Removes the file if it is this node's own. */
export const removeInfo = (dataDir: string, info: NodeInfo): void => {
  if (readInfo(dataDir)?.token === info.token) rmSync(infoPath(dataDir), { force: true })
}

/** Whether a process with this id runs, as far as this user may know. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
