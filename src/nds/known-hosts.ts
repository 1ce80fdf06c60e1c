/**
 * Keys of discovery services that an address names without saying whose: trusted on first use, like
 * hosts are by ssh, and held to the same key from then on. One line each, `host:port key`, in a
 * file that people may read and edit.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { ParleyError } from '../rpc/errors.ts'
import type { Expectation, Proof } from '../rpc/security.ts'

/** Hosts that are remembered: the one that came first is forgotten first. */
const MAX_HOSTS = 1_000
const LINE = /^(\S{1,300}) ([\w-]{43})$/

const readLines = (path: string): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new ParleyError('STORAGE_UNWRITABLE', `Cannot read ${path}`, { cause: error })
  }
}

export class KnownHosts {
  readonly #path: string
  readonly #pins = new Map<string, string>()
  readonly #onFault: (what: string, thrown: unknown) => void

  /** `onFault` is told if a key could not be written down; it is remembered until the end. */
  constructor(folder: string, onFault: (what: string, thrown: unknown) => void = () => {}) {
    this.#path = join(folder, 'known-hosts')
    this.#onFault = onFault
    for (const line of readLines(this.#path)) {
      const [, host, pin] = LINE.exec(line) ?? []
      if (host !== undefined && pin !== undefined) this.#pins.set(host, pin)
    }
  }

  /** Who may answer at `https://host:port`: whoever did the first time, or whom an authority names. */
  expect(origin: string): Expectation {
    const host = origin.replace(/^\w+:\/\//, '')
    return (proof) => this.#check(host, proof)
  }

  #check(host: string, proof: Proof | null): void {
    if (proof === null) throw new ParleyError('WRONG_KEY', `${host} shows no key`)
    if (proof.isVouched) return
    const known = this.#pins.get(host)
    if (known === undefined) this.#remember(host, proof.pin)
    else if (known !== proof.pin) {
      throw new ParleyError('WRONG_KEY', `${host} has another key than before`, {
        hint: `If it was set up anew, remove its line from ${this.#path}; else do not trust it.`,
        data: { expected: known, found: proof.pin },
      })
    }
  }

  #remember(host: string, pin: string): void {
    this.#pins.set(host, pin)
    for (const oldest of this.#pins.keys()) {
      if (this.#pins.size <= MAX_HOSTS) break
      this.#pins.delete(oldest)
    }
    const draft = `${this.#path}.${randomBytes(6).toString('hex')}`
    const lines = [...this.#pins].map(([host, pin]) => `${host} ${pin}\n`)
    try {
      writeFileSync(draft, lines.join(''), { mode: 0o600, flag: 'wx' })
      renameSync(draft, this.#path)
    } catch (error) {
      rmSync(draft, { force: true })
      this.#onFault('known hosts', error)
    }
  }
}
