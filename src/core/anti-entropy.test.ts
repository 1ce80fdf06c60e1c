import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { admitEntries } from './admission.ts'
import { knownOf, pageFor, unknownTips } from './anti-entropy.ts'
import { termOf, type SignedEntry } from './entry.ts'
import { entryToArray } from './entry-codec.ts'
import type { TermId } from './ids.ts'
import { limits } from './limits.ts'
import { covers } from './log.ts'
import {
  alice,
  begun,
  bob,
  cryptoOf,
  Dice,
  diceArbitrary,
  emptyKept,
  endsOf,
  keep,
  keptOf,
  placeOf,
  Story,
  tangle,
  textsUpTo,
  type Kept,
} from './story.suite.ts'

const crypto = cryptoOf(alice)

/** A part of the story that somebody could have: all terms of it are prefixes, all parents are in. */
const partOf = (story: Story, dice: Dice): Kept => {
  const bound = new Map<TermId, number>()
  for (const end of endsOf(story)) bound.set(termOf(end), dice.upTo(end.entry.seq + 2) - 1)
  const kept = new Set<string>()
  const has = (signed: SignedEntry): boolean => {
    const { entry } = signed
    const tips = entry.kind === 'merge' ? entry.body.tips : []
    const complete = [entry.prev, ...tips].every((hash) => hash === '' || kept.has(hash))
    const fits = entry.seq <= (bound.get(termOf(signed)) ?? 0)
    if (complete && fits) kept.add(signed.hash)
    return complete && fits
  }
  return keptOf(story, has)
}

interface Sync {
  readonly pages: number
  readonly entries: number
}

/**
 * Asks page after page until there is no more; fails if a page brings nothing and yet is not the
 * last.
 */
const syncAll = (asker: Kept, server: Kept, story: Story): Sync => {
  let [pages, entries] = [0, 0]
  for (;;) {
    const page = pageFor(server.history, asker.history.summary())
    pages += 1
    entries += page.entries.length
    expect(page.entries.length).toBeLessThanOrEqual(limits.pageEntries)
    if (page.more) expect(page.entries.at(-1)?.sig).not.toBeNull()
    const { stored, gap, faults } = admitEntries(asker.history, crypto, story.group, page.entries)
    expect(gap).toBe(false)
    expect(faults).toEqual([])
    keep(asker)
    if (!page.more) return { pages, entries }
    expect(stored, 'a page that is not the last brings something').toBeGreaterThan(0)
  }
}

describe('what is known of another', () => {
  it('is what both have, however the two got there', () => {
    fc.assert(
      fc.property(diceArbitrary(250), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 25)
        const [a, b] = [partOf(story, dice), partOf(story, dice)]
        const known = knownOf(a.history, b.history.summary())
        for (const signed of story.all) {
          const both = a.history.isStored(signed) && b.history.isStored(signed)
          expect(covers(known, placeOf(signed))).toBe(both)
        }
        const unknown = unknownTips(a.history, b.history.summary())
        const isMissing = story.all.some(
          (one) => b.history.isStored(one) && !a.history.isStored(one),
        )
        expect(unknown.length > 0).toBe(isMissing)
      }),
      { numRuns: 100 },
    )
  })
})

describe('asking for what is missing', () => {
  it('brings exactly that, whatever both sides have', () => {
    fc.assert(
      fc.property(diceArbitrary(250), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 25)
        const [asker, server] = [partOf(story, dice), partOf(story, dice)]
        const lacking = story.all.filter(
          (one) => server.history.isStored(one) && !asker.history.isStored(one),
        )
        const { entries } = syncAll(asker, server, story)
        expect(entries).toBe(lacking.length)
        for (const signed of lacking) expect(asker.history.isStored(signed)).toBe(true)
        expect(pageFor(server.history, asker.history.summary()).entries).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('takes several pages when the texts are long, each within the limit of bytes', () => {
    fc.assert(
      fc.property(diceArbitrary(150), fc.nat({ max: 10 }), (throws, head) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 20, () => 'x'.repeat(60_000))
        const server = keptOf(story)
        server.history.advance(placeOf(story.all[Math.min(head, story.all.length - 1)]!))
        const asker = emptyKept(story)
        const page = pageFor(server.history, asker.history.summary())
        const bytes = JSON.stringify(page.entries.map(({ entry }) => entryToArray(entry))).length
        expect(bytes).toBeLessThan(limits.packetBytes)
        syncAll(asker, server, story)
        for (const signed of story.all) expect(asker.history.isStored(signed)).toBe(true)
      }),
      { numRuns: 3 },
    )
  })

  it('gives a newcomer thousands of messages, page by page, and nothing twice', () => {
    const story = new Story()
    const last = story.chain(begun(story), bob, textsUpTo(1_100)).at(-1)!
    const server = keptOf(story)
    server.history.advance(placeOf(last))
    keep(server)
    const { pages, entries } = syncAll(emptyKept(story), server, story)
    expect(entries).toBe(story.all.length)
    expect(pages).toBe(Math.ceil(story.all.length / limits.pageEntries))
  })

  it('ends a page where the leader has signed', () => {
    const story = new Story()
    let tip = begun(story)
    for (let count = 0; count < 600; count += 1)
      tip = story.add(
        tip,
        'message',
        story.batch(bob, tip, [{ kind: 'text', text: '', ref: '' }]),
        {
          signed: count % 50 === 49,
        },
      )
    const server = keptOf(story)
    server.history.advance(placeOf(tip))
    const page = pageFor(server.history, emptyKept(story).history.summary())
    expect(page.more).toBe(true)
    expect(page.entries.at(-1)?.sig).not.toBeNull()
    expect(syncAll(emptyKept(story), server, story).entries).toBe(story.all.length)
  })

  it('finds common ground though hundreds of terms lie between', () => {
    const story = new Story()
    let tip = story.say(begun(story), bob, 'old')
    const old = new Set(story.all)
    for (let count = 0; count < 300; count += 1) tip = story.open(tip, alice)
    const server = keptOf(story)
    server.history.advance(placeOf(tip))
    const asker = keptOf(story, (signed) => old.has(signed))
    expect(syncAll(asker, server, story).entries).toBe(300)
    const withSide = keptOf(story)
    expect(pageFor(asker.history, withSide.history.summary()).entries).toEqual([])
  })

  it('names nothing as unknown of somebody who has nothing', () => {
    const story = new Story()
    begun(story)
    expect(unknownTips(keptOf(story).history, emptyKept(story).history.summary())).toEqual([])
  })
})
