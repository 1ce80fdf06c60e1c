import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { packetFields } from '../rpc/peer-packets.suite.ts'
import {
  batchFromArray,
  batchText,
  batchToArray,
  cardFromArray,
  cardText,
  cardToArray,
  entryFromArray,
  entryText,
  entryToArray,
  headText,
  proofFromArray,
} from './entry-codec.ts'
import type { AuthorBatch, Entry, SignedEntry } from './entry.ts'
import { limits } from './limits.ts'
import {
  alice,
  begun,
  bob,
  cryptoOf,
  hashOf,
  idOf,
  messageId,
  said,
  sessionOf,
  Story,
} from './story.suite.ts'

const entryArbitrary: fc.Arbitrary<Entry> = packetFields.append
  .filter(({ entries }) => entries.length > 0)
  .map(({ entries }) => (entries[0] as SignedEntry).entry)

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const copy = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json

/** Every place in a nested array, as a path of indices. */
const pathsOf = (value: Json, path: readonly number[] = []): readonly (readonly number[])[] =>
  Array.isArray(value) ? [path, ...value.flatMap((one, at) => pathsOf(one, [...path, at]))] : [path]

const replaced = (value: Json, [at, ...rest]: readonly number[], by: Json): Json => {
  if (at === undefined || !Array.isArray(value)) return by
  return value.map((one, index) => (index === at ? replaced(one, rest, by) : one))
}

const at = (value: Json, path: readonly number[]): Json =>
  path.reduce<Json>((inner, index) => (Array.isArray(inner) ? (inner[index] ?? null) : null), value)

/** The same entry with another value in one place. */
const withAt = (entry: Entry, path: readonly number[], by: unknown): unknown =>
  replaced(copy(entryToArray(entry)), path, by as Json)

const story = new Story()
const start = begun(story)
const message = story.say(start, bob, 'hello')
const merge = story.merge(message, [story.say(story.open(start, bob), bob, 'there')], [bob])
const gone = story.add(merge, 'deactivate', { cause: 'silent', members: [bob] })
const renamed = story.operate(gone, alice, { kind: 'rename', text: 'hall', ref: '' })
const everyKind: readonly Entry[] = [
  story.genesis,
  story.all[1]!,
  start,
  message,
  merge,
  gone,
  renamed,
].map((signed) => signed.entry)

const body = 6

describe('an entry in its canonical form', () => {
  it('reads back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(entryArbitrary, (entry) => {
        const read = entryFromArray(copy(entryToArray(entry)))
        expect(read).toEqual(entry)
        expect(entryText(read as Entry)).toBe(entryText(entry))
      }),
      { numRuns: 300 },
    )
  })

  it('has the same text in whatever order its fields came', () => {
    const shuffled = Object.fromEntries(Object.entries(message.entry).toReversed()) as never
    expect(entryText(shuffled)).toBe(entryText(message.entry))
  })

  it('has a text and hash that no later version may change', () => {
    const session = sessionOf(bob)
    const entry: Entry = {
      group: hashOf('group') as string as never,
      prev: hashOf('prev'),
      term: hashOf('term') as string as never,
      seq: 7,
      clock: 11,
      kind: 'message',
      body: {
        author: bob,
        session,
        aseq: 3,
        after: hashOf('prev'),
        items: [
          { id: messageId(session, 1), sentAt: 1_700_000_000_000, content: said('hé"llo\n') },
        ],
        sig: 'S'.repeat(86) as never,
      },
    }
    const padded = (text: string): string => text.padEnd(43, '-')
    expect(entryText(entry)).toBe(
      `["${padded('group')}","${padded('prev')}","${padded('term')}",7,11,"message",` +
        `["${'bob'.padEnd(43, '_')}","6ae8a1ab3e552a97a83a9a5c33f8058c",3,"${padded('prev')}",` +
        `[["00000000-0001-7000-8000-6ae8a1ab3e55",1700000000000,"text","hé\\"llo\\n",""]],` +
        `"${'S'.repeat(86)}"]]`,
    )
    expect(cryptoOf(bob).hash(entryText(entry))).toMatchInlineSnapshot(
      `"18lMgOKP3O5VDUhbzIC-jh9LGs6HfRyLSGhzGmIVHL0"`,
    )
  })

  it('says in every signed text what it is, so that no signature passes for another', () => {
    const batch = message.entry.body as AuthorBatch
    const texts = [
      headText(message.hash),
      batchText(story.group, 'message', batch),
      batchText(story.group, 'roster', batch),
      cardText(story.group, story.card(bob)),
      entryText(message.entry),
    ]
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts.slice(0, 4).every((text) => text.startsWith('["parley-'))).toBe(true)
  })
})

describe('what is not an entry', () => {
  const isRead = (value: unknown): boolean => entryFromArray(value) !== null

  it('is anything that is no array of seven', () => {
    for (const value of [null, 1, '', {}, [], entryToArray(message.entry).slice(1)])
      expect(isRead(value)).toBe(false)
    expect(isRead([...entryToArray(message.entry), 1])).toBe(false)
  })

  it('has another type in any place whatsoever', () => {
    for (const entry of everyKind) {
      const array = copy(entryToArray(entry))
      expect(isRead(array)).toBe(true)
      for (const path of pathsOf(array)) {
        const value = at(array, path)
        const others = [null, true, 1, 'x', [], {}, undefined].filter(
          (other) => typeof other !== typeof value || Array.isArray(other) !== Array.isArray(value),
        )
        for (const other of others) {
          // A proof of admission may be missing.
          if (other === null && entry.kind === 'activate' && path.length === 3) continue
          const changed = replaced(array, path, other as Json)
          expect(isRead(changed), `${entry.kind} ${path.join('.')} ${JSON.stringify(other)}`).toBe(
            false,
          )
        }
      }
    }
  })

  it('has one element more or less in any of its fixed forms', () => {
    for (const entry of everyKind) {
      const array = copy(entryToArray(entry))
      for (const path of pathsOf(array)) {
        const value = at(array, path)
        if (!Array.isArray(value)) continue
        const more = replaced(array, path, [...value, { odd: 1 }])
        expect(isRead(more), `${entry.kind} ${path.join('.')}`).toBe(false)
      }
    }
  })

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(isRead(value)).toBe(false)
        expect(isRead(['', '', '', 0, 0, 'genesis', value])).toBe(false)
        expect([batchFromArray(value), cardFromArray(value), proofFromArray(value)]).toEqual([
          null,
          null,
          null,
        ])
      }),
    )
  })

  it('has a number that is none: negative, broken, beyond what is exact', () => {
    for (const number of [-1, 0.5, Number.MAX_SAFE_INTEGER + 1, NaN, Infinity])
      for (const place of [3, 4]) expect(isRead(withAt(message.entry, [place], number))).toBe(false)
  })

  it('stands in no term, or at the wrong place of one', () => {
    const open = story.all[1]!.entry
    expect(isRead(withAt(message.entry, [2], ''))).toBe(false)
    expect(isRead(withAt(message.entry, [3], 0))).toBe(false)
    expect(isRead(withAt(open, [2], hashOf('term')))).toBe(false)
    expect(isRead(withAt(open, [3], 1))).toBe(false)
    expect(isRead(withAt(story.genesis.entry, [0], story.group))).toBe(false)
    expect(isRead(withAt(story.genesis.entry, [1], message.hash))).toBe(false)
    expect(isRead(withAt(message.entry, [1], ''))).toBe(false)
  })

  it('is of a kind that there is not, or that every object has', () => {
    for (const kind of ['vote', '', 'toString', '__proto__', 'constructor'])
      expect(isRead(withAt(message.entry, [5], kind))).toBe(false)
  })

  it('names ids that are not of their form', () => {
    for (const id of ['', 'x', `${alice}x`, alice.slice(1), `${alice.slice(1)}=`, `${alice}\n`])
      for (const place of [0, 1, 2]) expect(isRead(withAt(message.entry, [place], id))).toBe(false)
  })

  it('opens a term and names its leader among those that go or come back', () => {
    const open = story.all[1]!.entry
    for (const list of [4, 5]) {
      expect(isRead(withAt(open, [body, list], [bob]))).toBe(true)
      expect(isRead(withAt(open, [body, list], [alice]))).toBe(false)
      expect(isRead(withAt(open, [body, list], null))).toBe(false)
    }
  })

  it('brings in, lets go of or merges nobody', () => {
    expect(isRead(withAt(start.entry, [body], []))).toBe(false)
    expect(isRead(withAt(gone.entry, [body, 1], []))).toBe(false)
    expect(isRead(withAt(gone.entry, [body, 0], 'bored'))).toBe(false)
    expect(isRead(withAt(merge.entry, [body, 0], []))).toBe(false)
    expect(isRead(withAt(merge.entry, [body, 1], []))).toBe(true)
  })

  it('merges more branches than there may be', () => {
    const tips = Array.from({ length: limits.tips + 1 }, (_, index) => hashOf(`t${index}`))
    expect(isRead(withAt(merge.entry, [body, 0], tips.slice(1)))).toBe(true)
    expect(isRead(withAt(merge.entry, [body, 0], tips))).toBe(false)
  })
})

describe("an author's batch", () => {
  const array = copy(batchToArray(message.entry.body as AuthorBatch)) as Json[]
  const session = sessionOf(bob)
  const item = (count: number, text = ''): Json => [messageId(session, count), 0, 'text', text, '']
  const isRead = (path: readonly number[], by: unknown): boolean =>
    batchFromArray(replaced(array, path, by as Json)) !== null

  it('counts from one, and holds one item at least', () => {
    expect(isRead([2], 1)).toBe(true)
    expect(isRead([2], 0)).toBe(false)
    expect(isRead([4], [])).toBe(false)
  })

  it('holds as many items as it may and not one more', () => {
    const items = Array.from({ length: limits.itemsPerBatch + 1 }, (_, index) => item(index))
    expect(isRead([4], items.slice(1))).toBe(true)
    expect(isRead([4], items)).toBe(false)
  })

  it('holds no item whose id is of another session, or no UUID of version 7', () => {
    const id = messageId(session, 1)
    expect(isRead([4, 0, 0], id)).toBe(true)
    expect(isRead([4, 0, 0], messageId(sessionOf(bob, 2), 1))).toBe(false)
    expect(isRead([4, 0, 0], id.replace('-7', '-4'))).toBe(false)
    expect(isRead([4, 0, 0], id.replace('-8', '-c'))).toBe(false)
    expect(isRead([4, 0, 0], id.toUpperCase())).toBe(false)
  })

  it('holds text of any language, but no half characters and not too much', () => {
    expect(isRead([4, 0, 3], '日本語 🎉 \u0000')).toBe(true)
    expect(isRead([4, 0, 3], '\ud800')).toBe(false)
    expect(isRead([4, 0, 3], 'x'.repeat(limits.bodyBytes))).toBe(true)
    expect(isRead([4, 0, 3], 'x'.repeat(limits.bodyBytes + 1))).toBe(false)
    expect(isRead([4, 0, 2], '')).toBe(false)
    expect(isRead([4, 0, 2], 'x'.repeat(33))).toBe(false)
    expect(isRead([4, 0, 4], 'x'.repeat(128))).toBe(true)
    expect(isRead([4, 0, 4], 'x'.repeat(129))).toBe(false)
  })

  it('is not larger as a whole than every member can pass on', () => {
    const items = Array.from({ length: 15 }, (_, index) => item(index, 'x'.repeat(65_536)))
    expect(isRead([4], items.slice(0, 5))).toBe(true)
    expect(isRead([4], items)).toBe(false)
  })
})

describe('a card', () => {
  const card = copy(cardToArray(story.card(bob, ['127.0.0.1:1']))) as Json[]
  const isRead = (path: readonly number[], by: unknown): boolean =>
    cardFromArray(replaced(card, path, by as Json)) !== null

  it('has a name, a few addresses, and a signature or none yet', () => {
    expect(isRead([], card)).toBe(true)
    expect(isRead([3], '')).toBe(true)
    expect(isRead([3], 'x')).toBe(false)
    expect(isRead([1], '')).toBe(false)
    expect(isRead([1], 'x'.repeat(limits.nameLength))).toBe(true)
    expect(isRead([1], 'x'.repeat(limits.nameLength + 1))).toBe(false)
    expect(
      isRead(
        [2],
        Array.from({ length: limits.addresses }, () => 'a:1'),
      ),
    ).toBe(true)
    expect(
      isRead(
        [2],
        Array.from({ length: limits.addresses + 1 }, () => 'a:1'),
      ),
    ).toBe(false)
    expect(isRead([2], ['x'.repeat(limits.addressLength + 1)])).toBe(false)
    expect(isRead([0], idOf('bob').slice(1))).toBe(false)
  })
})
