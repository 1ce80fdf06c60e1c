/**
 * Who may use the page: one-time tickets that open a session, and the sessions themselves.
 *
 * The node keeps only digests. Those of sessions lie in the data folder as well, so that people
 * stay signed in while their node is restarted; who reads that file cannot make a cookie of it.
 */
import { hash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { ParleyError } from '../../../rpc/errors.ts'
import { writePrivateFile } from '../private-file.ts'

/** A session as the node knows it: the digest of what the cookie holds. */
export type SessionId = string

export interface SessionOptions {
  /** Where they are kept. */
  readonly path: string
  /** Milliseconds of the wall clock: sessions outlive the process. */
  readonly now?: () => number
  /** Told if they cannot be kept: they hold until the node stops then. */
  readonly onFault?: (what: string, thrown: unknown) => void
}

export const TICKET_MS = 10 * 60_000
export const SESSION_MS = 30 * 86_400_000
/** How exactly the last use is kept; each note is a write to the disk. */
const NOTE_MS = 3_600_000
export const MAX_TICKETS = 32
export const MAX_SESSIONS = 64
/** 256 bits. */
const SECRET_BYTES = 32

interface Kept {
  /** The port that the page had: an address that stays the same finds its cookie again. */
  readonly port: number | null
  readonly sessions: readonly (readonly [SessionId, number])[]
}

const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url')

/** What is looked up by its digest is compared in a time that tells nothing. */
const digestOf = (secret: string): SessionId => hash('sha256', secret, 'base64url')

const isSession = (value: unknown): value is readonly [SessionId, number] =>
  Array.isArray(value) && typeof value[0] === 'string' && Number.isSafeInteger(value[1])

/** Nothing is lost but comfort with this file: what is no such file counts as none. */
const readKept = (path: string): Kept => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null) return { port: null, sessions: [] }
    const { port, sessions } = value as Record<string, unknown>
    return {
      port: Number.isSafeInteger(port) ? Number(port) : null,
      sessions: Array.isArray(sessions) ? sessions.filter(isSession) : [],
    }
  } catch {
    return { port: null, sessions: [] }
  }
}

const dropOldest = (items: Map<string, number>, max: number): readonly string[] => {
  const surplus = [...items.keys()].slice(0, Math.max(0, items.size - max))
  for (const key of surplus) items.delete(key)
  return surplus
}

export class WebSessions {
  readonly #options: SessionOptions
  readonly #now: () => number
  /** Digest of a ticket, and when it ends. */
  readonly #tickets = new Map<string, number>()
  /** When each session was last used, the one used last at the end. */
  readonly #sessions: Map<SessionId, number>
  readonly #endListeners: ((session: SessionId) => void)[] = []
  #port: number | null

  constructor(options: SessionOptions) {
    this.#options = options
    this.#now = options.now ?? (() => Date.now())
    const { port, sessions } = readKept(options.path)
    this.#port = port
    this.#sessions = new Map(sessions.slice(-MAX_SESSIONS))
  }

  /** The port of the page when the node ran last; null if it never did. */
  get port(): number | null {
    return this.#port
  }

  notePort(port: number): void {
    if (port === this.#port) return
    this.#port = port
    this.#save()
  }

  /** Opens one session, within ten minutes. Only so many are alive: a new one ends the oldest. */
  newTicket(): string {
    const ticket = newSecret()
    this.#tickets.set(digestOf(ticket), this.#now() + TICKET_MS)
    dropOldest(this.#tickets, MAX_TICKETS)
    return ticket
  }

  /** What goes into the cookie. Throws UNAUTHORIZED for a ticket that was used, or is none. */
  redeem(ticket: string): string {
    const key = digestOf(ticket)
    const endsAt = this.#tickets.get(key) ?? 0
    this.#tickets.delete(key)
    if (endsAt > this.#now()) return this.open()
    throw new ParleyError('UNAUTHORIZED', 'This link was used already, or is too old', {
      hint: 'A link works once, for ten minutes. Get another one with: parley web',
    })
  }

  /** A new session; returns what goes into the cookie. */
  open(): string {
    const value = newSecret()
    this.#sessions.set(digestOf(value), this.#now())
    for (const session of dropOldest(this.#sessions, MAX_SESSIONS)) this.#tellEnd(session)
    this.#save()
    return value
  }

  /** The session of a cookie. Throws UNAUTHORIZED if there is none. */
  check(value: string | null): SessionId {
    const session = value === null ? '' : digestOf(value)
    const usedAt = this.#sessions.get(session)
    const now = this.#now()
    if (usedAt === undefined || usedAt + SESSION_MS <= now) {
      if (usedAt !== undefined) this.end(session)
      throw new ParleyError('UNAUTHORIZED', 'Nobody is signed in here', {
        hint: 'Get a link with: parley web',
      })
    }
    if (usedAt + NOTE_MS <= now) {
      this.#sessions.delete(session)
      this.#sessions.set(session, now)
      this.#save()
    }
    return session
  }

  end(session: SessionId): void {
    if (!this.#sessions.delete(session)) return
    this.#save()
    this.#tellEnd(session)
  }

  /** Calls back for each session that ends while the node runs. */
  onEnd(listener: (session: SessionId) => void): void {
    this.#endListeners.push(listener)
  }

  #tellEnd(session: SessionId): void {
    for (const listener of this.#endListeners) listener(session)
  }

  #save(): void {
    const kept: Kept = { port: this.#port, sessions: [...this.#sessions] }
    try {
      writePrivateFile(this.#options.path, `${JSON.stringify(kept)}\n`)
    } catch (thrown) {
      this.#options.onFault?.('keeping web sessions', thrown)
    }
  }
}
