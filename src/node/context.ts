/** What the groups of one node share. */
import type { Config } from '../core/config.ts'
import type { Crypto } from '../core/crypto-port.ts'
import type { NodeId } from '../core/ids.ts'
import type { Packet } from '../core/packet.ts'
import type { Replica } from '../core/replica.ts'
import type { Store } from '../store/store.ts'
import type { NodeEvent } from './api.ts'
import type { AddressBook } from './links/address-book.ts'
import type { SignaturePool } from './signature-pool.ts'
import type { Witness } from './witness.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Told of what happens, for a log. */
export type NodeLog = (
  level: LogLevel,
  event: string,
  facts: Readonly<Record<string, unknown>>,
) => void

export interface NodeContext {
  readonly id: NodeId
  readonly name: string
  /** Where others can dial this node. */
  readonly addresses: () => readonly string[]
  readonly config: Config
  readonly crypto: Crypto
  readonly store: Store
  readonly book: AddressBook
  readonly send: (replica: Replica, to: readonly NodeId[], packet: Packet) => void
  readonly isLinked: (node: NodeId) => boolean
  /** Checks signatures of long histories; without it the groups check all of them themselves. */
  readonly signatures?: SignaturePool
  /** Closes the links of nodes that were put out and that no group needs any more. */
  readonly dropBarred: () => void
  readonly lastHeardMs: (node: NodeId) => number | null
  readonly emit: (event: NodeEvent) => void
  /** Does anybody listen? If not, what costs to be told need not be. */
  readonly isHeard: () => boolean
  readonly log: NodeLog
  readonly witness: Witness
  /** Milliseconds since 1970. */
  readonly wallClock: () => number
}
