/**
 * One other node as this one reaches it: the link in use, what waits for it, and the dialling when
 * there is none. Packets may be lost; what must not happen is that anything here blocks or grows.
 */
import type { NodeId } from '../../core/ids.ts'
import type { CloseReason, FrameLink } from '../../rpc/frame-link.ts'
import type { Hello } from '../../rpc/peer-methods.ts'
import type { DialOutcome } from './dial-all.ts'
import { FrameQueue } from './frame-queue.ts'

/** A link whose other end has said who it is. */
export interface Connection {
  readonly link: FrameLink
  /** True if this node dialled it. */
  readonly dialled: boolean
  readonly hello: Hello
}

export interface PeerOptions {
  readonly id: NodeId
  readonly selfId: NodeId
  readonly now: () => number
  readonly random: () => number
  /** Tries all known addresses; the link, if one comes of it, is handed to `adopt`. */
  readonly dial: (signal: AbortSignal) => Promise<DialOutcome>
  /** Nobody listens at any of its addresses. */
  readonly onRefused: () => void
  /** Is it worth being linked to? */
  readonly isWanted: () => boolean
}

/** Why links are closed that were not needed; whoever reads it need not dial again. */
export const NOT_NEEDED: readonly string[] = ['duplicate', 'idle']

const QUEUE = { frames: 256, bytes: 1024 * 1024 }
/** Bytes in a connection beyond which bodies wait here, so that heartbeats do not wait there. */
const BODY_BYTES = 256 * 1024
const DRAIN_MS = 5
const BACKOFF_MS = { first: 100, last: 5_000 }
/** A link that lived shorter than this has not shown that dialling again is any good. */
const SHORT_LIFE_MS = 1_000
const QUICK_REDIALS = 3
/** A link that was silent longer may be dead without knowing, and gives way to a fresh one. */
const LIVELY_MS = 2_000
/** Silence after which who has something to send asks for a sign of life, and waits for it. */
const DOUBT_MS = 1_000
const ANSWER_MS = 1_500

export class Peer {
  readonly id: NodeId
  /** Monotonic time of the last frame from it; null if there never was one. */
  heardAt: number | null = null
  /** Monotonic time of the last frame from or to it. */
  usedAt: number
  readonly #options: PeerOptions
  readonly #queue = new FrameQueue(QUEUE)
  #connection: Connection | null = null
  #adoptedAt = 0
  /** When the link in use was last asked for a sign of life. */
  #askedAt = -Infinity
  #dialling: AbortController | null = null
  #failures = 0
  #notBefore = 0
  #shortLives = 0
  #isRefusalTold = false
  #drainTimer: NodeJS.Timeout | null = null
  #lost = 0

  constructor(options: PeerOptions) {
    this.id = options.id
    this.#options = options
    this.usedAt = options.now()
  }

  get connection(): Connection | null {
    return this.#connection?.link.isOpen === true ? this.#connection : null
  }

  /** Frames that were given up for want of a link or of room. */
  get dropped(): number {
    return this.#queue.dropped + this.#lost
  }

  /** Sends a frame, or lets it wait for the link; never blocks. Bodies leave way for all else. */
  send(frame: Uint8Array, isBody: boolean): void {
    this.usedAt = this.#options.now()
    const { connection } = this
    if (connection === null) {
      this.#queue.push(frame)
      this.dial()
      return
    }
    this.#doubt(connection.link)
    if (isBody && (this.#queue.size > 0 || connection.link.bufferedBytes > BODY_BYTES)) {
      this.#queue.push(frame)
      this.#drainSoon()
    } else if (connection.link.sendText(frame) !== 'sent') this.#lost += 1
  }

  /**
   * A link may be dead without knowing: packets vanish, and TCP tries again ever more rarely, also
   * when they would get through long since. So a silent one is asked, and without an answer another
   * is dialled beside it.
   */
  #doubt(link: FrameLink): void {
    const now = this.#options.now()
    const { silentMs } = link
    if (silentMs < DOUBT_MS) return
    if (silentMs < now - this.#askedAt) {
      this.#askedAt = now
      link.ask()
    } else if (now - this.#askedAt >= ANSWER_MS && now >= this.#notBefore) this.#dialAnew()
  }

  /** Dials unless that is under way, was tried just now, or is not needed. */
  dial(): void {
    if (this.#dialling !== null || this.connection !== null) return
    if (this.#options.now() < this.#notBefore) this.#queue.clear()
    else this.#dialAnew()
  }

  #dialAnew(): void {
    if (this.#dialling !== null) return
    const abort = new AbortController()
    this.#dialling = abort
    void this.#options.dial(abort.signal).then((outcome) => this.#onDialled(abort, outcome))
  }

  #onDialled(abort: AbortController, outcome: DialOutcome): void {
    if (this.#dialling === abort) this.#dialling = null
    if (abort.signal.aborted) return
    const isLinked = this.connection !== null
    if (isLinked && outcome === 'connected') return
    this.#backOff()
    if (isLinked) return
    this.#queue.clear()
    if (outcome !== 'refused' || this.#isRefusalTold) return
    this.#isRefusalTold = true
    this.#options.onRefused()
  }

  #backOff(): void {
    const pause = Math.min(BACKOFF_MS.first * 2 ** this.#failures, BACKOFF_MS.last)
    this.#failures = Math.min(this.#failures + 1, 16)
    this.#notBefore = this.#options.now() + pause * (0.5 + this.#options.random() / 2)
  }

  /**
   * Takes over a link on which the peer has greeted; of two, one is kept and the other closed. Both
   * ends choose alike: the one dialled by the smaller id, or the newer of two from the same side.
   */
  adopt(fresh: Connection): void {
    const now = this.#options.now()
    const silentMs = now - (this.heardAt ?? -Infinity)
    this.heardAt = now
    this.usedAt = now
    this.#failures = 0
    this.#notBefore = 0
    const old = this.connection
    if (old !== null && silentMs < LIVELY_MS && this.#prefers(old, fresh)) {
      fresh.link.close('duplicate')
      return
    }
    this.#connection = fresh
    this.#adoptedAt = now
    this.#askedAt = -Infinity
    this.#isRefusalTold = false
    old?.link.close('duplicate')
    // Only dials that have not greeted yet are cut by this.
    this.#dialling?.abort()
    this.#dialling = null
    this.#drain()
  }

  #prefers(old: Connection, fresh: Connection): boolean {
    if (old.dialled === fresh.dialled || old.hello.instance !== fresh.hello.instance) return false
    const ownIsSmaller = this.#options.selfId < this.id
    return old.dialled === ownIsSmaller
  }

  /**
   * A link of this peer has closed. If it was the one in use and not meant to be, it is dialled
   * again.
   */
  onClosed(closed: Connection, reason: CloseReason): void {
    if (this.#connection !== closed) return
    this.#connection = null
    const isMeant =
      reason.kind === 'local' || (reason.kind === 'goodbye' && NOT_NEEDED.includes(reason.text))
    if (isMeant || !this.#options.isWanted()) return
    const isShort = this.#options.now() - this.#adoptedAt < SHORT_LIFE_MS
    this.#shortLives = isShort ? this.#shortLives + 1 : 0
    if (reason.kind === 'abuse' || this.#shortLives > QUICK_REDIALS) this.#backOff()
    else this.dial()
  }

  /**
   * This machine has other addresses than before. A link that went by one which is gone is cut, for
   * nobody will ever say so; any other is asked for a sign of life. What failed before may work
   * now.
   */
  onMove(isGone: (link: FrameLink) => boolean): void {
    this.#failures = 0
    this.#notBefore = 0
    const { connection } = this
    if (connection !== null && !isGone(connection.link)) {
      connection.link.ask()
      return
    }
    connection?.link.destroy()
    this.#connection = null
    if (this.#options.isWanted()) this.dial()
  }

  /** Closes the link because nobody needs it. */
  retire(): void {
    this.#connection?.link.close('idle')
    this.#stopDraining()
  }

  /** Closes everything for good. */
  close(text: string): void {
    this.#dialling?.abort()
    this.#connection?.link.close(text)
    this.#stopDraining()
  }

  /** Cuts everything without a goodbye. */
  destroy(): void {
    this.#dialling?.abort()
    this.#connection?.link.destroy()
    this.#stopDraining()
  }

  #stopDraining(): void {
    if (this.#drainTimer !== null) clearTimeout(this.#drainTimer)
    this.#drainTimer = null
  }

  #drainSoon(): void {
    this.#drainTimer ??= setTimeout(() => {
      this.#drainTimer = null
      this.#drain()
    }, DRAIN_MS)
  }

  #drain(): void {
    const { connection } = this
    if (connection === null) return
    while (this.#queue.size > 0 && connection.link.bufferedBytes <= BODY_BYTES) {
      const frame = this.#queue.shift()
      if (frame !== undefined && connection.link.sendText(frame) !== 'sent') this.#lost += 1
    }
    if (this.#queue.size > 0) this.#drainSoon()
  }
}
