/** Real Parley processes for tests: started, watched, and certainly ended. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { root } from '../../tidy/source.ts'
import { until } from './until.ts'

const program = join(root, 'bin', 'parley.js')

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Started {
  readonly name: string
  readonly pid: number
  readonly child: ChildProcess
  /** Lines of stdout so far. */
  readonly lines: readonly string[]
  readonly stderr: () => string
  readonly exit: Promise<Exit>
  readonly hasExited: () => boolean
  /** Sends a signal; resolves when the process is gone if the signal ends it. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
  /** Sends a signal that does not end it. */
  signal(signal: NodeJS.Signals): void
}

export interface StartOptions {
  readonly name: string
  readonly env: NodeJS.ProcessEnv
  /** A program to run Parley with, such as `prlimit`, and its arguments. */
  readonly wrapper?: readonly string[]
  readonly uid?: number
}

/** The same process from the first moment to the last: no launcher stands between it and a signal. */
export const startParley = (args: readonly string[], options: StartOptions): Started => {
  const [command = process.execPath, ...before] = options.wrapper ?? []
  const own = options.wrapper === undefined ? [] : [process.execPath]
  const child = spawn(command, [...before, ...own, program, ...args], {
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
  const lines: string[] = []
  let errors = ''
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdin.on('error', () => {})
  const ended = Promise.withResolvers<Exit>()
  child.once('error', (error) => {
    errors += String(error)
    ended.resolve({ code: -1, signal: null })
  })
  child.once('close', (code, signal) => ended.resolve({ code, signal }))
  let hasExited = false
  child.once('exit', () => (hasExited = true))
  return {
    name: options.name,
    pid: child.pid ?? 0,
    child,
    lines,
    stderr: () => errors,
    exit: ended.promise,
    hasExited: () => hasExited,
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      return ended.promise
    },
    signal: (signal) => void child.kill(signal),
  }
}

/** The first line of JSON on stdout. Rejects, with what it said, if the process ends before. */
export const readyOf = async <T>(started: Started, withinMs = 10_000): Promise<T> => {
  await until(
    `${started.name} is ready`,
    () => started.lines.length > 0 || started.hasExited(),
    withinMs,
  )
  const [line] = started.lines
  if (line === undefined) throw new Error(`${started.name} ended: ${started.stderr()}`)
  return JSON.parse(line) as T
}

export interface Ran extends Exit {
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

/** Runs a command to its end. */
export const runParley = async (
  args: readonly string[],
  options: StartOptions & { readonly input?: string; readonly timeoutMs?: number },
): Promise<Ran> => {
  const startedAt = performance.now()
  const started = startParley(args, options)
  const chunks: Buffer[] = []
  started.child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  started.child.stdin?.end(options.input ?? '')
  const timer = setTimeout(() => started.child.kill('SIGKILL'), options.timeoutMs ?? 60_000)
  const exit = await started.exit
  clearTimeout(timer)
  const stdout = Buffer.concat(chunks).toString()
  return { ...exit, stdout, stderr: started.stderr(), ms: performance.now() - startedAt }
}
