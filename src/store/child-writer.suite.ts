/** The parent's side of `crash-writer.suite.ts`. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const script = join(import.meta.dirname, 'crash-writer.suite.ts')

export class ChildWriter {
  readonly process: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  #complaints = ''

  /** `wrapper` is a command that runs the one that follows it. */
  constructor(folder: string, wrapper: readonly string[] = []) {
    const [command, ...args] = [...wrapper, process.execPath, script, folder]
    this.process = spawn(command ?? '', args, { stdio: 'pipe' })
    this.process.stderr.on('data', (chunk) => {
      this.#complaints += String(chunk)
    })
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
  }

  tell(line: string): void {
    this.process.stdin.write(`${line}\n`)
  }

  /** The next line that it prints, null once it has ended. */
  async line(): Promise<string | null> {
    const next = await this.#lines.next()
    return next.done === true ? null : next.value
  }

  /** The next line, which must be there. */
  async expectLine(): Promise<string> {
    const line = await this.line()
    if (line === null) throw new Error(`the writer ended: ${this.#complaints}`)
    return line
  }

  /** Ends it without a warning; what it had printed before comes back. */
  async kill(): Promise<readonly string[]> {
    const exited = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    const rest: string[] = []
    for (let line = await this.line(); line !== null; line = await this.line()) rest.push(line)
    await exited
    return rest
  }
}
