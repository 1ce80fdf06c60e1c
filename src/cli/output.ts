/** Results to stdout, everything else to stderr; colours only for people who can see them. */
import { once } from 'node:events'

import { EXIT_CODES, type ExitCode, type ParleyError } from '../rpc/errors.ts'
import { toParleyError } from '../rpc/wire-error.ts'
import { plainJson, plainLine } from '../view-model/plain-text.ts'

export interface OutputOptions {
  readonly json: boolean
  readonly color: boolean
}

const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] }
type Style = keyof typeof STYLES

/** Whether a person is at the other end. */
export const isTerminal = (stream: { readonly isTTY?: boolean }): boolean => stream.isTTY === true

/** Whether this stream shows colours: a terminal, and nobody said no (https://no-color.org). */
export const wantsColor = (stream: { readonly isTTY?: boolean }): boolean =>
  isTerminal(stream) && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb'

export class Output {
  readonly json: boolean
  readonly #color: boolean

  constructor(options: OutputOptions) {
    this.json = options.json
    this.#color = options.color
  }

  /** A line of the result. Waits while whoever reads it is slow. */
  async line(text: string): Promise<void> {
    if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain')
  }

  /** An object of the result. */
  async object(value: unknown): Promise<void> {
    await this.line(plainJson(value))
  }

  /** The result: the object for programs, the text for people. */
  async result(value: unknown, text: string): Promise<void> {
    if (this.json) await this.object(value)
    else if (text !== '') await this.line(text)
  }

  /** A remark for people, on stderr. */
  note(text: string): void {
    process.stderr.write(`${text}\n`)
  }

  style(style: Style, text: string): string {
    const [on, off] = STYLES[style]
    return this.#color ? `\u001b[${on}m${text}\u001b[${off}m` : text
  }
}

/** Says on stderr what went wrong, for programs or for people, and returns the exit code. */
export const reportError = (thrown: unknown, json: boolean): ExitCode => {
  const error = toParleyError(thrown)
  if (json) process.stderr.write(`${plainJson({ error: error.toJSON() })}\n`)
  else {
    const text = error.code === 'INTERNAL' ? `${error.message}: ${causeOf(error)}` : error.message
    process.stderr.write(`parley: ${plainLine(text)} (${error.code})\n`)
    if (error.hint !== '') process.stderr.write(`        ${plainLine(error.hint)}\n`)
  }
  return error.exit
}

const causeOf = ({ cause }: ParleyError): string =>
  cause instanceof Error ? (cause.stack ?? cause.message) : 'unknown'

/**
 * A reader that has seen enough closes the pipe: then there is nothing left to do, and nothing
 * wrong. A process that serves others goes on.
 */
export const onBrokenPipe = (what: 'exit' | 'ignore'): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error')
    stream.on('error', (error: Error & { code?: string }) => {
      // A terminal whose window was closed says EIO.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
      if (what === 'exit') process.exit(EXIT_CODES.ok)
    })
  }
}
