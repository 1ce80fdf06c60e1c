/** The logs of nodes on this machine: which files there are, and what has come since. */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { ParleyError } from '../rpc/errors.ts'
import { readLogLine, type LogLine } from './log-line.ts'
import { LOG_FOLDER } from './log-folder.ts'

const CHUNK = 1024 * 1024

/** `node.3.log` → 3: they are numbered as they were begun. */
const numberOf = (name: string): number => Number(/\.(\d+)\.log$/.exec(name)?.[1] ?? 0)

const logsIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => /^node\.\d+\.log$/.test(name))
    .toSorted((a, b) => numberOf(a) - numberOf(b))
    .map((name) => join(folder, name))

/** The files of one node, oldest first: of its data folder, its folder of logs, or one file. */
const filesAt = (path: string): readonly string[] => {
  if (!existsSync(path)) throw new ParleyError('USAGE', `There is no ${path}`)
  if (!statSync(path).isDirectory()) return [path]
  const inner = join(path, LOG_FOLDER)
  return logsIn(existsSync(inner) ? inner : path)
}

/** What one node wrote, as it grows. */
export class LogReader {
  readonly #path: string
  /** How far each file was read, and the beginning of a line that had not ended. */
  readonly #read = new Map<string, { at: number; rest: string }>()

  /** A data folder, a folder of logs, or a file. */
  constructor(path: string) {
    this.#path = path
  }

  /** Lines since the last call. Throws USAGE if there is nothing at the path. */
  take(): readonly LogLine[] {
    return filesAt(this.#path).flatMap((file) => this.#takeFrom(file))
  }

  #takeFrom(file: string): readonly LogLine[] {
    const state = this.#read.get(file) ?? { at: 0, rest: '' }
    this.#read.set(file, state)
    const handle = openSync(file, 'r')
    const parts: Buffer[] = []
    try {
      const buffer = Buffer.alloc(CHUNK)
      for (;;) {
        const count = readSync(handle, buffer, 0, CHUNK, state.at)
        if (count === 0) break
        state.at += count
        parts.push(Buffer.from(buffer.subarray(0, count)))
      }
    } finally {
      closeSync(handle)
    }
    const lines = (state.rest + Buffer.concat(parts).toString()).split('\n')
    state.rest = lines.pop() ?? ''
    return lines.flatMap((line) => readLogLine(line) ?? [])
  }
}
