/** The start of a term: its first entry, and a leader that knows nothing of anybody yet. */
import { syncPeers } from './appending.ts'
import { beatMs } from './config.ts'
import { termOf, type OpenBody, type SignedEntry } from './entry.ts'
import { signEntry } from './founding.ts'
import type { TermId } from './ids.ts'
import { clockAfter } from './lamport-clock.ts'
import { MarkTally } from './mark-tally.ts'
import type { Replica } from './replica.ts'
import type { Leader } from './role.ts'

/** Starts a group: its genesis entry, then the founder's first term. */
export const found = (replica: Replica, genesis: SignedEntry): void => {
  replica.history.add(genesis)
  replica.history.advance({ term: termOf(genesis), seq: 0 })
  openTerm(replica, { gone: [], back: [] })
}

/** Opens a term of its own, with itself first and the view changed so, and leads it. */
export const openTerm = (replica: Replica, change: Pick<OpenBody, 'gone' | 'back'>): void => {
  const { history, prng } = replica
  const head = history.head
  if (head === null) return
  if (replica.config.planted.has('old-term-continued') && ledBefore(replica, head.term)) {
    replica.role = newLeader(head.term)
    syncPeers(replica, replica.role)
    replica.timers.set('beat', replica.now)
    return
  }
  const nonce = Math.floor(prng.next() * 2 ** 48).toString(16)
  const counter = history.state.counter + 1
  const signed = signEntry(replica.crypto, {
    group: replica.group,
    prev: head.hash,
    term: '',
    seq: 0,
    clock: clockAfter([history.clock()]),
    kind: 'open',
    body: { counter, leader: replica.id, instance: replica.instance, nonce, ...change },
  })
  const term = signed.hash as string as TermId
  history.add(signed)
  replica.advance({ term, seq: 0 })
  replica.role = newLeader(term)
  replica.timers.clear('candidacy', 'round', 'suspect', 'join', 'gap', 'uneasy')
  syncPeers(replica, replica.role)
  const packet = { kind: 'coordinator', term, leader: replica.id, gaveUp: null } as const
  replica.send([...replica.role.peers.keys()], { ...packet, entries: [signed] })
  replica.timers.set('beat', replica.now + beatMs(replica.config, replica.viewSize()) / 4)
}

const ledBefore = (replica: Replica, term: TermId): boolean =>
  replica.history.log.term(term).leader === replica.id

const newLeader = (term: TermId): Leader => ({
  name: 'leader',
  term,
  beat: 0,
  viewSeq: 0,
  peers: new Map(),
  tally: new MarkTally(),
  queue: new Map(),
  rates: new Map(),
  joins: new Map(),
  admittedAt: -Infinity,
  incoming: [],
  leaves: new Set(),
  helped: new Map(),
  seqAtBeat: -1,
  claimDue: -Infinity,
  refused: [],
  sure: true,
  hello: null,
  claimed: 0,
  marksMoved: true,
  toldMarks: '',
  leaving: 'no',
})
