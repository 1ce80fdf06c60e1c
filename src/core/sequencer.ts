/**
 * The leader gives messages their place: an author's in the author's order, and none before what
 * the author had seen.
 */
import type { Config } from './config.ts'
import { onAppeal } from './deposing.ts'
import { batchText } from './entry-codec.ts'
import type { AuthorBatch } from './entry.ts'
import { sessionMark } from './group-state.ts'
import type { Millis, NodeId } from './ids.ts'
import type { Draft } from './appending.ts'
import type { OutboxBatch } from './log-reader.ts'
import { lastAseq } from './outbox.ts'
import type { Packet } from './packet.ts'
import type { Replica } from './replica.ts'
import type { Bucket, Leader, QueuedBatch } from './role.ts'
import { fetch } from './syncing.ts'

/** Batches of one author that may wait here; the author has the rest and will send it again. */
const maxQueued = 32

/** Batches appended at once; the others wait for the next step. */
const maxDrafts = 512

export const onSendMessage = (
  replica: Replica,
  packet: Extract<Packet, { kind: 'send_message' }>,
): void => {
  const { role, crypto, group } = replica
  if (role.name !== 'leader') {
    onAppeal(replica, packet)
    return
  }
  for (const { kind, batch } of packet.batches) {
    if (isSequenced(replica, batch)) continue
    if (crypto.verify(batch.author, batchText(group, kind, batch), batch.sig))
      enqueue(replica, role, { kind, batch })
    else replica.fault('bad-signature')
  }
}

const isSequenced = (replica: Replica, batch: AuthorBatch): boolean =>
  sessionMark(replica.history.state, batch.author, batch.session) >= lastAseq(batch)

/** Queues a verified batch in the author's order. */
export const enqueue = (replica: Replica, leader: Leader, one: OutboxBatch): void => {
  if (isSequenced(replica, one.batch)) return
  const { author, session, aseq } = one.batch
  const queue = leader.queue.get(author) ?? []
  if (queue.length >= maxQueued) return
  if (queue.some((other) => other.batch.session === session && other.batch.aseq === aseq)) return
  const at = queue.findIndex((other) => other.batch.session === session && other.batch.aseq > aseq)
  queue.splice(at < 0 ? queue.length : at, 0, { kind: one.kind, batch: one.batch })
  leader.queue.set(author, queue)
}

type Verdict = 'append' | 'drop' | 'wait' | 'banned' | 'not-a-member' | 'unknown-past'

/**
 * Takes from the queue what can be appended now. An operation on the roster is the last of a step:
 * who may say what after it is judged when it has taken effect.
 */
export const drainQueue = (replica: Replica, leader: Leader): readonly Draft[] => {
  const drafts: Draft[] = []
  for (const [author, queue] of leader.queue) {
    const planned = new Map<string, number>()
    for (let index = 0; index < queue.length && drafts.length < maxDrafts;) {
      const one = queue[index]
      if (one === undefined) break
      const verdict = judge(replica, one, planned)
      if (verdict === 'wait') {
        index += 1
        continue
      }
      queue.splice(index, 1)
      if (verdict !== 'append') refuseFor(replica, leader, one, verdict)
      else if (takeTokens(replica, leader, one)) {
        planned.set(one.batch.session, lastAseq(one.batch))
        drafts.push({ kind: one.kind, body: one.batch })
        if (one.kind === 'roster') return drafts
        index = 0
      }
    }
    if (queue.length === 0) leader.queue.delete(author)
  }
  return drafts
}

const judge = (
  replica: Replica,
  one: QueuedBatch,
  planned: ReadonlyMap<string, number>,
): Verdict => {
  const { author, session, aseq, after } = one.batch
  const { planted } = replica.config
  if (!replica.onRoster(author))
    return replica.history.state.roster.banned.has(author) ? 'banned' : 'not-a-member'
  const mark = planned.get(session) ?? sessionMark(replica.history.state, author, session)
  if (lastAseq(one.batch) <= mark) return 'drop'
  if (aseq > mark + 1 && !planted.has('author-order-unchecked')) return 'wait'
  if (planted.has('after-unchecked')) return 'append'
  if (replica.history.containsHash(after))
    return isOfToday(replica, one) ? 'append' : 'unknown-past'
  return replica.history.log.placeOf(after) === null ? askForPast(replica, one) : 'wait'
}

/** Was it written since its author was let in (anew)? */
const isOfToday = ({ history }: Replica, { batch }: QueuedBatch): boolean => {
  const since = history.state.roster.members.get(batch.author)?.since ?? 0
  if (since === 0) return true
  const place = history.log.placeOf(batch.after)
  return place !== null && history.log.clockAt(place) >= since
}

/** How often a batch's past is asked of its author before the batch is handed back; pause in ms. */
const pastAsks = 5
const pastPauseMs = 1_000

/** The author had seen something that is unknown here: it has it, and is asked for it. */
const askForPast = (replica: Replica, one: QueuedBatch): Verdict => {
  if (one.askAt !== undefined && replica.now < one.askAt) return 'wait'
  one.asks = (one.asks ?? 0) + 1
  one.askAt = replica.after(pastPauseMs)
  if (one.asks > pastAsks) return 'unknown-past'
  fetch(replica, one.batch.author)
  return 'wait'
}

const refuseFor = (
  replica: Replica,
  leader: Leader,
  one: QueuedBatch,
  verdict: Exclude<Verdict, 'append' | 'wait'>,
): void => {
  if (verdict === 'banned') refuse(replica, leader, one.batch, 'BANNED', null)
  else if (verdict === 'not-a-member') refuse(replica, leader, one.batch, 'NOT_A_MEMBER', null)
  else if (verdict === 'unknown-past')
    refuse(replica, leader, one.batch, 'UNKNOWN_PAST', pastPauseMs)
}

/** May the leader add to its term now? Not while unsure, nor once it has handed over or was removed. */
export const mayAppend = (replica: Replica, leader: Leader): boolean =>
  leader.sure && leader.leaving !== 'handed-over' && replica.onRoster(replica.id)

/** Is there more in the queue that the next step could append? */
export const hasAppendable = (replica: Replica): boolean => {
  const { role } = replica
  if (role.name !== 'leader' || !mayAppend(replica, role)) return false
  for (const queue of role.queue.values()) {
    const [one] = queue
    if (one === undefined) continue
    const { author, session, aseq, after } = one.batch
    const next = sessionMark(replica.history.state, author, session) + 1
    if (aseq <= next && replica.history.containsHash(after)) return true
  }
  return false
}

const refuse = (
  replica: Replica,
  leader: Leader,
  batch: AuthorBatch,
  code: string,
  retryMs: number | null,
): void => {
  const { author, session, aseq } = batch
  if (author === replica.id) leader.refused.push({ code, retryMs })
  else replica.send(author, { kind: 'refused', session, aseq, code, retryMs })
}

/** A token bucket per author: how much it may have sequenced over time, and at once. */
const takeTokens = (replica: Replica, leader: Leader, one: QueuedBatch): boolean => {
  const { author, items } = one.batch
  const bucket = refill(leader.rates.get(author), replica.config, replica.now)
  leader.rates.set(author, bucket)
  if (bucket.tokens >= items.length) {
    bucket.tokens -= items.length
    return true
  }
  const missing = items.length - bucket.tokens
  const retryMs = Math.ceil((missing / replica.config.itemsPerSecond) * 1_000)
  refuse(replica, leader, one.batch, 'RATE_LIMITED', retryMs)
  return false
}

const refill = (bucket: Bucket | undefined, config: Config, now: Millis): Bucket => {
  if (bucket === undefined) return { tokens: config.itemsBurst, at: now }
  const earned = ((now - bucket.at) / 1_000) * config.itemsPerSecond
  return { tokens: Math.min(config.itemsBurst, bucket.tokens + earned), at: now }
}

/** Authors that may have more than their burst left to say are never dropped; idle ones are. */
export const forgetIdleRates = (rates: Map<NodeId, Bucket>, config: Config, now: Millis): void => {
  for (const [author, bucket] of rates)
    if (refill(bucket, config, now).tokens >= config.itemsBurst) rates.delete(author)
}
