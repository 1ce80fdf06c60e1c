/** Terminals as people have them, with a shell inside: typed into, looked at, resized. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { root } from '../../tidy/source.ts'
import { report } from './checks.ts'
import type { Scene } from './scene.ts'
import { until } from './until.ts'

const program = join(root, 'bin', 'parley.js')

/** Why there can be no terminals here; null if there can. In CI that is a failure. */
export const whyNoProgram = (name: string): string | null => {
  if (spawnSync('which', [name]).status === 0) return null
  const why = `${name} is not installed`
  if (process.env['CI'] === 'true') throw new Error(why)
  report(`skipped: ${why}`)
  return why
}

export interface Look {
  readonly columns: number
  readonly rows: number
}

/** Shells quote like this: nothing in it means anything. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** What a user types to start Parley, on the Node that runs the tests. */
export const commandLine = (args: readonly string[]): string =>
  [process.execPath, program, ...args].map(quoted).join(' ')

export class Terminal {
  readonly #server: TerminalServer
  readonly name: string
  readonly #log: string

  constructor(server: TerminalServer, name: string, log: string) {
    this.#server = server
    this.name = name
    this.#log = log
  }

  /** Keys by tmux's names: `Enter`, `PPage`, `C-r`, `M-1`. */
  keys(...names: readonly string[]): void {
    this.#server.tmux('send-keys', '-t', this.name, ...names)
  }

  /** Text as it is. */
  type(text: string): void {
    this.#server.tmux('send-keys', '-t', this.name, '-l', text)
  }

  enter(text: string): void {
    this.type(text)
    this.keys('Enter')
  }

  /** As if by the mouse: the terminal marks it as pasted, if the program asked for that. */
  paste(text: string): void {
    const file = join(this.#server.folder, `${this.name}.paste`)
    writeFileSync(file, text)
    this.#server.tmux('load-buffer', '-b', this.name, file)
    this.#server.tmux('paste-buffer', '-p', '-r', '-d', '-b', this.name, '-t', this.name)
  }

  /** An Escape, and time enough after it to be no beginning of anything. */
  async escape(): Promise<void> {
    const before = this.screen()
    this.keys('Escape')
    await until('the Escape has been taken', () => this.screen() !== before, 2_000).catch(() => {})
  }

  resize({ columns, rows }: Look): void {
    const size = ['-x', String(columns), '-y', String(rows)]
    this.#server.tmux('resize-window', '-t', this.name, ...size)
  }

  /** What is to be seen, without the spaces at the ends of lines. */
  screen(): string {
    return this.#server.tmux('capture-pane', '-p', '-t', this.name).replace(/[ \n]+$/, '')
  }

  /** Everything that was ever written to the terminal. */
  raw(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : ''
  }

  async sees(what: RegExp, withinMs = 15_000): Promise<string> {
    try {
      return await until(
        `${this.name} shows ${String(what)}`,
        () => (what.test(this.screen()) ? this.screen() : null),
        withinMs,
      )
    } catch (error) {
      throw new Error(`${String(error)}\n${this.screen()}`, { cause: error })
    }
  }
}

export class TerminalServer {
  readonly folder: string
  readonly #env: NodeJS.ProcessEnv

  constructor(scene: Scene) {
    this.folder = scene.folder
    const { NO_COLOR: _, TMUX: __, ...env } = scene.env
    this.#env = { ...env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', HISTFILE: '/dev/null' }
  }

  tmux(...args: readonly string[]): string {
    const own = ['-u', '-f', '/dev/null', '-S', join(this.folder, 'tmux.sock')]
    return execFileSync('tmux', [...own, ...args], { env: this.#env, encoding: 'utf8' })
  }

  /** A terminal with a shell that waits. */
  async open(name: string, { columns, rows }: Look): Promise<Terminal> {
    const log = join(this.folder, `${name}.raw`)
    const size = ['-x', String(columns), '-y', String(rows)]
    this.tmux('new-session', '-d', '-s', name, ...size, 'bash --norc --noprofile')
    this.tmux('pipe-pane', '-o', '-t', name, `cat > ${quoted(log)}`)
    const terminal = new Terminal(this, name, log)
    await terminal.sees(/[$#] *$/)
    return terminal
  }

  end(): void {
    spawnSync('tmux', ['-S', join(this.folder, 'tmux.sock'), 'kill-server'])
  }
}
