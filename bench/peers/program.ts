/** Programs that a peer consists of: started in a folder of their own, and certainly ended. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class Programs {
  readonly folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'parley-peer-'))
  readonly #children: ChildProcess[] = []
  #said = ''

  /** Throws if there is no such program. */
  start(command: string, args: readonly string[]): ChildProcess {
    const child = spawn(command, args, { cwd: this.folder, stdio: ['pipe', 'pipe', 'pipe'] })
    child.on('error', (error) => (this.#said += String(error)))
    child.stdin.on('error', () => {})
    child.stderr.on(
      'data',
      (chunk: Buffer) => (this.#said = `${this.#said}${chunk.toString()}`.slice(-2_000)),
    )
    this.#children.push(child)
    return child
  }

  /** The last that they said on stderr. */
  get said(): string {
    return this.#said
  }

  async end(): Promise<void> {
    const gone = this.#children.map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
            resolve()
          else child.once('exit', () => resolve())
        }),
    )
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all(gone)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A port that nobody uses at the moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })

/** The first line that a program says. */
export const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
    })
    child.once('exit', () => reject(new Error('the program ended before it said anything')))
  })
