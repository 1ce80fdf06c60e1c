import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { admitEntries, type Admitted } from './admission.ts'
import type { Admission, AuthorBatch, Entry, MemberCard, SignedEntry } from './entry.ts'
import { cardText, entryText, headText, inviteText } from './entry-codec.ts'
import { History } from './history.ts'
import type { Hash, NodeId, Signature } from './ids.ts'
import {
  alice,
  begun,
  bob,
  carol,
  cryptoOf,
  dave,
  Dice,
  diceArbitrary,
  emptyKept,
  hashOf,
  idOf,
  keep,
  keptOf,
  placeOf,
  Story,
  tangle,
  type Kept,
} from './story.suite.ts'

const take = (kept: Kept, story: Story, entries: readonly SignedEntry[]): Admitted =>
  admitEntries(kept.history, cryptoOf(alice), story.group, entries)

const faultsOf = (admitted: Admitted): readonly string[] =>
  admitted.faults.map(({ fault }) => fault)

/** The same entry with something else in it, hashed and signed anew by whoever wants to. */
const altered = (
  signed: SignedEntry,
  change: Partial<Entry>,
  signer: NodeId | null = alice,
): SignedEntry => {
  const entry = { ...signed.entry, ...change } as Entry
  const hash = cryptoOf(alice).hash(entryText(entry))
  return { entry, hash, sig: signer === null ? null : cryptoOf(signer).sign(headText(hash)) }
}

/** A group in which somebody is about to say something. */
const scene = () => {
  const story = new Story()
  const start = begun(story)
  const kept = keptOf(story)
  const next = story.say(start, bob, 'one')
  const last = story.say(next, bob, 'two')
  return { story, start, kept, next, last }
}

describe('what comes in', () => {
  it('is stored where it connects, a gap where it does not, known the second time', () => {
    const { story, kept, next, last } = scene()
    expect(take(kept, story, [last])).toEqual({ stored: 0, gap: true, faults: [] })
    expect(take(kept, story, [next, last])).toEqual({ stored: 2, gap: false, faults: [] })
    expect(take(kept, story, [next, last])).toEqual({ stored: 0, gap: false, faults: [] })
    expect(kept.history.isStored(last)).toBe(true)
  })

  it('may begin with what is known already', () => {
    const { story, start, kept, next, last } = scene()
    take(kept, story, [next])
    expect(take(kept, story, [start, next, last])).toMatchObject({ stored: 1, faults: [] })
  })

  it('is a whole history, from nothing', () => {
    const { story } = scene()
    const kept = emptyKept(story)
    expect(take(kept, story, story.all)).toEqual({
      stored: story.all.length,
      gap: false,
      faults: [],
    })
  })

  it('is covered by the one signature at its end', () => {
    const { story, start, kept } = scene()
    const first = story.add(
      start,
      'message',
      story.batch(carol, start, [{ kind: 'text', text: '', ref: '' }]),
      { signed: false },
    )
    const second = story.say(first, carol, 'x')
    expect(take(kept, story, [first])).toMatchObject({ stored: 0, gap: true })
    expect(take(kept, story, [first, second])).toMatchObject({ stored: 2, gap: false })
  })

  it('of any tangle is stored in any order of packets, in the end, without a fault', () => {
    fc.assert(
      fc.property(diceArbitrary(200), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 20)
        const kept = keptOf(story, (signed) => story.all.indexOf(signed) < 3)
        let left = [...story.all]
        for (let round = 0; left.length > 0 && round < 500; round += 1) {
          const at = round % 2 === 0 ? 0 : dice.upTo(left.length)
          const page = left.slice(at, at + 1 + dice.upTo(5))
          expect(take(kept, story, page).faults).toEqual([])
          left = left.filter((signed) => !kept.history.isStored(signed))
        }
        expect(left).toEqual([])
      }),
      { numRuns: 50 },
    )
  })
})

describe('what is refused, and nothing after it stored', () => {
  const cases: readonly (readonly [string, string, (next: SignedEntry) => SignedEntry])[] = [
    ['a hash that is not its own', 'bad-hash', (next) => ({ ...next, hash: hashOf('x') })],
    [
      'a clock ahead of its time',
      'bad-clock',
      (next) => altered(next, { clock: next.entry.clock + 1 }),
    ],
    [
      'a clock behind its time',
      'bad-clock',
      (next) => altered(next, { clock: next.entry.clock - 1 }),
    ],
    [
      'a clock at the end of time',
      'bad-clock',
      (next) => altered(next, { clock: Number.MAX_SAFE_INTEGER }),
    ],
    [
      'another group',
      'wrong-group',
      (next) => altered(next, { group: hashOf('g') as string as never }),
    ],
    [
      'words that the author did not sign',
      'bad-signature',
      (next) => altered(next, { body: { ...(next.entry.body as AuthorBatch), aseq: 2 } }),
    ],
    [
      "a message made an author's operation",
      'bad-signature',
      (next) => altered(next, { kind: 'roster' } as never),
    ],
  ]

  it.each(cases)('%s', (_name, fault, spoil) => {
    const { story, kept, next, last } = scene()
    const before = kept.history.log.stored()
    const admitted = take(kept, story, [spoil(next), last])
    expect(faultsOf(admitted)).toContain(fault)
    expect(admitted.stored).toBe(0)
    expect(kept.history.log.stored()).toBe(before)
    expect(take(kept, story, [next, last]).stored, 'the real ones are taken afterwards').toBe(2)
  })

  it('a signature that is not by the leader, or none at all, with nothing signed after it', () => {
    const { story, kept, next } = scene()
    for (const odd of [altered(next, {}, bob), { ...next, sig: 'x' as Signature }])
      expect(take(kept, story, [odd])).toMatchObject({
        stored: 0,
        faults: [{ fault: 'bad-signature' }],
      })
    expect(take(kept, story, [altered(next, {}, null)])).toMatchObject({ stored: 0, gap: true })
  })

  it("another group's first entry", () => {
    const { story } = scene()
    const kept = emptyKept(story)
    const { genesis } = new Story({ policy: 'invite', listed: true })
    expect(faultsOf(take(kept, story, [genesis]))).toEqual(['wrong-group'])
    expect(kept.history.log.stored()).toBe(0)
  })

  it('a term that counts otherwise than one more than the term it follows', () => {
    const { story, start, kept } = scene()
    const open = story.open(start, bob)
    const { body } = open.entry as Extract<Entry, { kind: 'open' }>
    for (const counter of [0, 1, 3, Number.MAX_SAFE_INTEGER]) {
      const odd = altered(open, { body: { ...body, counter } }, bob)
      expect(faultsOf(take(kept, story, [odd])), `${counter}`).toEqual(['bad-counter'])
    }
    expect(take(kept, story, [open]).stored).toBe(1)
  })

  it('a term opened by somebody that was never let in', () => {
    const { story, start, kept } = scene()
    const open = story.open(start, idOf('stranger'))
    expect(faultsOf(take(kept, story, [open]))).toEqual(['not-a-member'])
  })

  it('a term whose opener did not sign it', () => {
    const { story, start, kept } = scene()
    const open = altered(story.open(start, carol), {}, bob)
    expect(take(kept, story, [open]).stored).toBe(0)
  })

  it('a merge of a branch that is not here: a gap until it is', () => {
    const { story, start, kept, next, last } = scene()
    const branch = story.say(story.open(start, bob), bob, 'there')
    const merge = story.merge(last, [branch])
    take(kept, story, [next, last])
    expect(take(kept, story, [merge])).toMatchObject({ stored: 0, gap: true, faults: [] })
    const branchOpen = story.byHash.get(branch.entry.prev as Hash)!
    expect(take(kept, story, [branchOpen, branch, merge])).toMatchObject({ stored: 3, gap: false })
  })

  it('more entries under one signature than a page could carry', () => {
    const { story, kept, last, next } = scene()
    take(kept, story, [next, last])
    let tip = last
    const many = Array.from({ length: 100 }, (_, index) => {
      const batch = story.batch(carol, tip, [{ kind: 'text', text: '', ref: '' }])
      tip = story.add(tip, 'message', batch, { signed: index === 99 })
      return tip
    })
    expect(take(kept, story, many).stored).toBe(0)
  })
})

describe('what somebody forges', () => {
  it('does not come in before an entry that is stored already', () => {
    const { story, start, kept } = scene()
    const forged = altered(
      story.add(start, 'deactivate', { cause: 'silent', members: [alice] }),
      {},
      null,
    )
    const admitted = take(kept, story, [forged, start])
    expect(admitted.stored).toBe(0)
    expect(kept.history.isStored(forged)).toBe(false)
  })

  it('does not come in beside an entry that the leader did sign', () => {
    const { story, start, kept, next, last } = scene()
    const forged = altered(
      story.add(start, 'deactivate', { cause: 'silent', members: [alice] }),
      {},
      null,
    )
    expect(take(kept, story, [forged, next]).stored).toBe(1)
    expect(kept.history.log.hashAt(placeOf(next))).toBe(next.hash)
    expect(take(kept, story, [forged, last]).stored).toBe(1)
  })

  it('does not come in under the hash that the leader signed', () => {
    const { story, start, kept, next } = scene()
    const other = story.add(start, 'deactivate', { cause: 'silent', members: [alice] })
    const forged = { ...other, hash: next.hash, sig: next.sig }
    expect(take(kept, story, [forged]).stored).toBe(0)
    const [first, second] = story.chain(next, carol, ['x', 'y'])
    const inChain = [{ ...other, hash: next.hash, sig: null }, first!, second!]
    expect(take(kept, story, inChain).stored).toBe(0)
  })

  it('does not make anybody accuse a leader of telling two stories', () => {
    const { story, start, kept } = scene()
    const unsigned = { ...start, hash: hashOf('x'), sig: 'S'.repeat(86) as Signature }
    expect(faultsOf(take(kept, story, [unsigned]))).not.toContain('two-stories')
  })
})

describe('a leader that tells two stories', () => {
  it('is found out by the second one, which it signed as well', () => {
    const { story, start, kept, next } = scene()
    const other = story.say(start, carol, 'another story')
    take(kept, story, [next])
    const admitted = take(kept, story, [other])
    expect(faultsOf(admitted)).toContain('two-stories')
    expect(admitted.stored).toBe(0)
    expect(kept.history.log.hashAt(placeOf(next))).toBe(next.hash)
  })
})

describe('a member that is brought in', () => {
  const eve = idOf('eve')
  const invite = idOf('key')
  const proofFor = (story: Story, node: NodeId, key = invite) => ({
    invite,
    sig: cryptoOf(key).sign(inviteText(story.group, node)),
  })
  const faultsOfBringing = (bring: (story: Story) => Admission): readonly string[] => {
    const { story, start, kept } = scene()
    return faultsOf(take(kept, story, [story.add(start, 'activate', { members: [bring(story)] })]))
  }

  it('has signed its card itself, for this group', () => {
    const elsewhere = new Story({ policy: 'invite', listed: false })
    expect(faultsOfBringing((story) => ({ card: story.card(eve), proof: null }))).toEqual([])
    const renamed = (story: Story) => ({ ...story.card(eve), name: 'alice' })
    expect(faultsOfBringing((story) => ({ card: renamed(story), proof: null }))).toEqual([
      'bad-signature',
    ])
    expect(faultsOfBringing(() => ({ card: elsewhere.card(eve), proof: null }))).toEqual([
      'bad-signature',
    ])
  })

  it('comes with no card made for a founding but the founder', () => {
    const founding = (id: NodeId): MemberCard => {
      const card: MemberCard = { id, name: 'x', addresses: [], sig: '' }
      return { ...card, sig: cryptoOf(id).sign(cardText('', card)) }
    }
    expect(faultsOfBringing(() => ({ card: founding(alice), proof: null }))).toEqual([])
    expect(faultsOfBringing(() => ({ card: founding(eve), proof: null }))).toEqual([
      'bad-signature',
    ])
  })

  it('brings a proof that the key of the invite made for it', () => {
    const card = (story: Story) => story.card(eve)
    expect(
      faultsOfBringing((story) => ({ card: card(story), proof: proofFor(story, eve) })),
    ).toEqual([])
    expect(
      faultsOfBringing((story) => ({ card: card(story), proof: proofFor(story, dave) })),
    ).toEqual(['bad-signature'])
    expect(
      faultsOfBringing((story) => ({ card: card(story), proof: proofFor(story, eve, eve) })),
    ).toEqual(['bad-signature'])
  })
})

describe('in a group by invite, a member that leads a branch', () => {
  const eve = idOf('eve')
  const invite = idOf('key')
  const opened = { kind: 'invite', ref: invite, text: '1 0' }
  /** Alice, the owner, has let bob in; bob leads a term of his own. */
  const scene = () => {
    const story = new Story({ policy: 'invite', listed: false })
    const invites = story.operate(story.open(story.genesis, alice), alice, opened)
    const start = letIn(story, invites, bob, invite)
    const kept = keptOf(story)
    kept.history.advance(placeOf(start))
    keep(kept)
    return { story, start, kept, branch: story.open(start, bob) }
  }
  const letIn = (story: Story, prev: SignedEntry, id: NodeId, key: NodeId | null): SignedEntry => {
    const sig = key === null ? null : cryptoOf(key).sign(inviteText(story.group, id))
    const proof = key === null || sig === null ? null : { invite: key, sig }
    return story.add(prev, 'activate', { members: [{ card: story.card(id), proof }] })
  }
  /** What becomes of a term that eve opens on this branch: at once, and after a restart. */
  const eveLeads = ({ story, kept }: ReturnType<typeof scene>, tip: SignedEntry): unknown => {
    const term = story.open(tip, eve)
    const before = story.all.filter((one) => one !== term)
    expect(take(kept, story, before)).toMatchObject({ gap: false, faults: [] })
    keep(kept)
    const restarted = { ...kept, history: new History(kept.disk) }
    const all = [kept, restarted].map((one) => faultsOf(take(one, story, [term])))
    expect(all[1]).toEqual(all[0])
    expect(kept.history.mayLead(eve)).toBe(all[0]?.length === 0)
    return all[0]
  }

  it('makes nobody a leader by naming it, with no invite or with one of its own making', () => {
    for (const key of [null, idOf('own key')]) {
      const one = scene()
      expect(eveLeads(one, letIn(one.story, one.branch, eve, key))).toEqual(['not-a-member'])
    }
  })

  it('nor with an invite that it has signed without being entitled to', () => {
    const one = scene()
    const own = idOf('own key')
    const invited = one.story.operate(one.branch, bob, { ...opened, ref: own })
    expect(eveLeads(one, letIn(one.story, invited, eve, own))).toEqual(['not-a-member'])
  })

  it('lets in by an invite that is valid there, if nowhere else', () => {
    const one = scene()
    const other = idOf('other key')
    const invited = one.story.operate(one.branch, alice, { ...opened, ref: other })
    expect(eveLeads(one, letIn(one.story, invited, eve, other))).toEqual([])
  })
})
