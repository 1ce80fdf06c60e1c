/** What it costs to sign and to check, by how many messages stand under one signature. */
import { batchText, entryText, headText } from '../src/core/entry-codec.ts'
import type { AuthorBatch, Entry } from '../src/core/entry.ts'
import type { GroupId, Signature, TermId } from '../src/core/ids.ts'
import { Identity, newInstanceId } from '../src/crypto/identity.ts'
import { messageIds } from '../src/crypto/message-ids.ts'
import { nodeCrypto } from '../src/crypto/node-crypto.ts'
import type { Benchmark } from './benchmark.ts'
import { textOf } from './load.ts'

/** Messages in a batch. */
export const SIZES: readonly number[] = [1, 4, 16, 64]

export const messagesText = (count: number): string =>
  count === 1 ? 'a message' : `${count} messages`

/** Processor time of one turn, in µs. */
const cpuOf = (turns: number, work: () => void): number => {
  // What is measured is warm code.
  for (let turn = 0; turn < turns / 10; turn += 1) work()
  const before = process.cpuUsage()
  for (let turn = 0; turn < turns; turn += 1) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / turns
}

export const signatures: Benchmark = {
  name: 'signatures',
  question: 'What does it cost to sign and to verify, and what of that is a message’s share?',
  about:
    'Processor time of one thread. A batch is one author’s messages of 200 bytes under ' +
    'one signature; ' +
    'every member verifies it. Heads are what the leader signs for the entries of a step.',
  run: (note, { isQuick }) => {
    const turns = isQuick ? 500 : 4_000
    const identity = Identity.generate()
    const crypto = nodeCrypto(identity)
    const { id: author } = identity
    const session = newInstanceId()
    const nextId = messageIds(session)
    const after = crypto.hash('after')
    const group = crypto.hash('group') as string as GroupId
    const head = headText(after)
    const headSig = crypto.sign(head)
    note(
      'sign a head',
      cpuOf(turns, () => void crypto.sign(head)),
      'µs',
    )
    note(
      'verify a head',
      cpuOf(turns, () => void crypto.verify(author, head, headSig)),
      'µs',
    )
    for (const size of SIZES) {
      const items = Array.from({ length: size }, (_, at) => {
        const content = { kind: 'text', text: textOf(at), ref: '' }
        return { id: nextId(), sentAt: Date.now(), content }
      })
      const batch: AuthorBatch = { author, session, aseq: 1, after, items, sig: '' as Signature }
      const textOfBatch = (): string => batchText(group, 'message', batch)
      const sig = crypto.sign(textOfBatch())
      const body = { ...batch, sig }
      const term = group as string as TermId
      const start = { group, prev: after, term, seq: 1, clock: 1 } as const
      const entry: Entry = { ...start, kind: 'message', body }
      const what = messagesText(size)
      note(
        `sign ${what}`,
        cpuOf(turns, () => void crypto.sign(textOfBatch())),
        'µs',
      )
      const verify = cpuOf(turns, () => void crypto.verify(author, textOfBatch(), sig))
      note(`verify ${what}`, verify, 'µs')
      note(
        `hash an entry of ${what}`,
        cpuOf(turns, () => void crypto.hash(entryText(entry))),
        'µs',
      )
      note(`verify, share of each of ${what}`, verify / size, 'µs')
    }
    return Promise.resolve()
  },
}
