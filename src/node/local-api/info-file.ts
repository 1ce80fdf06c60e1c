/**
 * `node.json` in the data folder: how the command line finds the running node, and the token that
 * proves that it may talk to it.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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

/** Replaces the file in one step: whoever reads it gets the whole old or the whole new one. */
export const writeInfo = (dataDir: string, info: NodeInfo): void => {
  const path = infoPath(dataDir)
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(draft, `${JSON.stringify(info)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
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
