/** What members believe of one another, and what they take only with proof. */
import { describe, expect, it } from 'vitest'

import { append } from './appending.ts'
import { batchText, cardText, entryText, headText, inviteText } from './entry-codec.ts'
import { termOf, type AuthorBatch, type Entry, type MemberCard, type SignedEntry } from './entry.ts'
import type { NodeId, Signature } from './ids.ts'
import { drainJoins } from './joining.ts'
import { relayText } from './packet-text.ts'
import type { Packet } from './packet.ts'
import {
  alice,
  bob,
  carol,
  cryptoOf,
  dave,
  idOf,
  messageId,
  said,
  sessionOf,
} from './story.suite.ts'
import { Table } from './table.suite.ts'

const eventsOf = (table: Table, id: NodeId, name: string): readonly unknown[] =>
  table.seat(id).events.filter(({ event }) => event === name)

/** Something signed by an author in a run of its own, as nobody has seen it yet. */
const signedBatch = (
  table: Table,
  author: NodeId,
  content: { readonly kind: string; readonly ref: string },
): AuthorBatch => {
  const session = sessionOf(author, 9)
  const after = table.replica(author).headHash()
  if (after === null) throw new Error('no history')
  const items = [{ id: messageId(session, 1), sentAt: 0, content: { text: '', ...content } }]
  const batch = { author, session, aseq: 1, after, items, sig: '' as Signature }
  return { ...batch, sig: cryptoOf(author).sign(batchText(table.group, 'roster', batch)) }
}

describe('a packet that came around', () => {
  const inner: Packet = { kind: 'leave_network' }
  const relay = (table: Table, signer: NodeId, to = alice): Packet => {
    const unsigned = { origin: bob, originInstance: sessionOf(bob), to, packet: inner } as const
    const sig = cryptoOf(signer).sign(relayText(table.group, unsigned))
    return { kind: 'relay', ...unsigned, path: [], trail: [], sig }
  }

  it('counts as what its origin signed, and nothing that a hop made up', () => {
    const table = Table.of([alice, bob, carol])
    table.tell(alice, carol, relay(table, carol))
    table.run(1_000)
    expect(table.replica(alice).inView(bob)).toBe(true)
    expect(table.replica(alice).counters.faults.get('bad-signature')).toBe(1)
    table.tell(alice, carol, relay(table, bob))
    expect(table.replica(alice).inView(bob)).toBe(false)
  })

  it('is for the one it was signed for', () => {
    const table = Table.of([alice, bob, carol])
    table.tell(alice, carol, relay(table, bob, carol))
    expect(table.replica(alice).inView(bob)).toBe(true)
  })
})

describe('who was banned, and has not heard of it,', () => {
  const banOf = (table: Table, by: NodeId, target: NodeId): Packet => ({
    kind: 'turned_away',
    code: 'BANNED',
    retryMs: null,
    proof: signedBatch(table, by, { kind: 'ban', ref: target }),
  })

  it('believes it of anybody who shows the ban of somebody entitled', () => {
    const table = Table.of([alice, bob, carol])
    table.tell(carol, bob, banOf(table, alice, carol))
    expect(table.replica(carol).role.name).toBe('left')
    expect(eventsOf(table, carol, 'turned-away')).toMatchObject([{ code: 'BANNED' }])
  })

  it('does not believe it without, nor of somebody who may not, nor a ban of another', () => {
    const table = Table.of([alice, bob, carol])
    const proofs = [
      { ...banOf(table, alice, carol), proof: null },
      banOf(table, bob, carol),
      banOf(table, alice, bob),
    ] as Packet[]
    for (const packet of proofs) table.tell(carol, bob, packet)
    expect(table.replica(carol).role.name).toBe('follower')
  })

  it('is told so by whoever it looks for, and served nothing', () => {
    const table = Table.of([alice, bob, carol])
    table.passes = ({ from, to }) => from !== carol && to !== carol
    table.operate(alice, { kind: 'ban', text: '', ref: carol })
    table.say(alice, 'without carol')
    table.run(4_000)
    expect(table.replica(carol).leader()).toBe(carol)
    table.passes = () => true
    const entries = table.sentWhile('entries', () => table.run(6_000))
    expect(table.replica(carol).role.name).toBe('left')
    expect(entries).toBe(0)
    expect(table.texts(carol)).toEqual([])
  })
})

describe('who was kicked', () => {
  const cutOff = (table: Table): void => {
    table.passes = ({ from, to }) => from !== carol && to !== carol
  }

  it('and has not heard of it is told, and does not come back by itself', () => {
    const table = Table.of([alice, bob, carol])
    cutOff(table)
    table.operate(alice, { kind: 'kick', text: '', ref: carol })
    table.say(bob, 'after')
    table.run(5_000)
    table.passes = () => true
    table.run(10_000)
    expect(table.replica(carol).role.name).toBe('left')
    expect(table.replica(alice).onRoster(carol)).toBe(false)
    expect(table.texts(carol)).toEqual([])
  })

  it('is served what led there, and nothing that was said after it', () => {
    const table = Table.of([alice, bob, carol])
    cutOff(table)
    table.say(bob, 'before')
    table.run(500)
    table.operate(alice, { kind: 'kick', text: '', ref: carol })
    table.run(500)
    table.say(bob, 'after')
    table.run(500)
    table.tell(alice, carol, { kind: 'sync', summary: table.replica(carol).history.summary() })
    const page = table.sent.findLast(({ to, packet }) => to === carol && packet.kind === 'entries')
    const bodies = page?.packet.kind === 'entries' ? page.packet.entries : []
    expect(bodies.map(({ entry }) => entry.kind)).toEqual(['message', 'roster'])
  })

  it('may come back by asking anew, if the group is open', () => {
    const table = Table.of([alice, bob, carol])
    table.operate(alice, { kind: 'kick', text: '', ref: carol })
    table.run(1_000)
    table.join(carol, bob)
    table.run(2_000)
    expect(table.replica(carol).inView(carol)).toBe(true)
  })
})

describe('an invite', () => {
  const invite = idOf('invite')
  const proofFor = (table: Table, node: NodeId) => ({
    invite,
    sig: cryptoOf(invite).sign(inviteText(table.group, node)),
  })
  /** A group by invite, of its founder alone, with an invite for this many, until then. */
  const invited = (uses: number, expires: number): Table => {
    const table = new Table()
    table.found(alice, 'invite')
    table.operate(alice, { kind: 'invite', ref: invite, text: `${uses} ${expires}` })
    table.run(100)
    return table
  }
  const come = (table: Table, id: NodeId, signer = id): unknown => {
    const { group } = table
    const proof = proofFor(table, signer)
    table.sit(id, { how: 'join', group, via: [alice], proof })
    table.run(1_000)
    if (table.replica(alice).inView(id)) return 'in'
    return eventsOf(table, id, 'turned-away').map((event) => (event as { code: string }).code)[0]
  }

  it('lets in as many as it says', () => {
    const table = invited(1, 0)
    expect(come(table, bob)).toBe('in')
    expect(come(table, carol)).toBe('NOT_INVITED')
  })

  it('lets in no more when several are let in by one entry', () => {
    const table = invited(1, 0)
    const { role, now } = table.replica(alice)
    if (role.name !== 'leader') throw new Error('alice leads')
    for (const id of [bob, carol, dave]) {
      const card: MemberCard = { id, name: 'x', addresses: [], sig: '' }
      role.joins.set(id, { card, proof: proofFor(table, id), wants: [], at: now })
    }
    const drafts = drainJoins(table.replica(alice), role)
    expect(drafts).toMatchObject([{ kind: 'activate', body: { members: [{ card: { id: bob } }] } }])
    expect([...role.joins.keys()], 'judged next').toEqual([bob, carol, dave])
  })

  it('is worth nothing to whoever copies the proof of another', () => {
    expect(come(invited(2, 0), bob, carol)).toBe('NOT_INVITED')
  })

  it('expires by the clock of whoever lets in', () => {
    const table = invited(2, 1_000_000)
    const tellTime = (ms: number): void => table.step(table.seat(alice), [{ type: 'wall', ms }])
    tellTime(999_000)
    expect(come(table, bob)).toBe('in')
    tellTime(1_000_001)
    expect(come(table, carol)).toBe('INVITE_EXPIRED')
  })

  it('is no more once it is revoked, and can be made by those alone who may', () => {
    const table = invited(5, 0)
    expect(come(table, bob)).toBe('in')
    table.operate(alice, { kind: 'revoke', ref: invite, text: '' })
    table.operate(bob, { kind: 'invite', ref: invite, text: '5 0' })
    table.run(100)
    expect(come(table, carol)).toBe('NOT_INVITED')
  })
})

describe('a leader that keeps back its own removal', () => {
  const withhold = (table: Table): void => {
    table.passes = ({ to, packet }) => !(to === bob && packet.kind === 'send_message')
  }
  /** Alice, the owner, was away: bob leads. */
  const ledByBob = (): Table => {
    const table = Table.of([alice, bob, carol, dave])
    table.crash(alice)
    table.run(5_000)
    table.resume(alice)
    table.run(5_000)
    expect(table.replica(alice).leader()).toBe(bob)
    return table
  }

  it('is deposed by whoever may remove it', () => {
    const table = ledByBob()
    withhold(table)
    table.operate(alice, { kind: 'ban', text: '', ref: bob })
    table.run(8_000)
    for (const id of [alice, carol, dave]) {
      expect(table.replica(id).leader()).toBe(carol)
      expect(table.replica(id).onRoster(bob)).toBe(false)
    }
    expect(table.replica(bob).role.name).toBe('left')
  })

  it('is not deposed by those who may not', () => {
    const table = ledByBob()
    withhold(table)
    const { term } = table.leading(bob)
    table.operate(dave, { kind: 'ban', text: '', ref: bob })
    table.run(8_000)
    expect(table.leading(bob).term).toBe(term)
  })

  it('that does sequence it stays undisturbed until then', () => {
    const table = ledByBob()
    table.operate(alice, { kind: 'topic', text: 'x', ref: '' })
    const { term } = table.leading(bob)
    table.run(8_000)
    expect(table.leading(bob).term).toBe(term)
  })
})

describe('a leader that tells two stories', () => {
  /** The same place of alice's term, told otherwise. */
  const otherStory = (table: Table, about: SignedEntry): SignedEntry => {
    const batch = {
      ...signedBatch(table, alice, { kind: 'topic', ref: '' }),
      session: sessionOf(alice, 8),
    }
    const items = [{ id: messageId(batch.session, 1), sentAt: 0, content: said('other') }]
    const unsigned = { ...batch, items }
    const sig = cryptoOf(alice).sign(batchText(table.group, 'message', unsigned))
    const entry = { ...about.entry, kind: 'message', body: { ...unsigned, sig } } as Entry
    const hash = cryptoOf(alice).hash(entryText(entry))
    return { entry, hash, sig: cryptoOf(alice).sign(headText(hash)) }
  }

  it('is shown to all, with proof, within two checks of those who have either', () => {
    const table = Table.of([alice, bob, carol, dave])
    // Dave is told another story than the others at the next place.
    table.passes = ({ to, packet }) => !(to === dave && packet.kind === 'append')
    table.say(alice, 'one')
    const term = table.leading(alice).term
    const told = table.replica(alice).history.log.endOf(term)
    if (told === null) throw new Error('nothing was told')
    const lie = otherStory(table, table.replica(alice).history.log.at(told))
    table.tell(dave, alice, { kind: 'append', term, entries: [lie] })
    table.passes = ({ from }) => from !== alice
    table.passes = ({ from, to, packet }) =>
      from !== alice || (packet.kind === 'append' ? to !== dave : packet.kind === 'heartbeat')
    table.run(2 * 1.25 * 16 * 500)
    for (const id of [bob, carol, dave]) {
      const [event] = eventsOf(table, id, 'two-stories') as [
        { readonly by: NodeId; readonly proof: readonly SignedEntry[] },
      ]
      expect(event.by).toBe(alice)
      const hashes = event.proof
        .filter((one) => termOf(one) === term && one.entry.seq === told.seq)
        .map((one) => one.hash)
      expect(hashes.toSorted()).toEqual([told.hash, lie.hash].toSorted())
      expect(eventsOf(table, id, 'two-stories')).toHaveLength(1)
    }
  })

  it('cannot be made of what the leader did not sign', () => {
    const table = Table.of([alice, bob, carol])
    table.say(alice, 'one')
    table.run(500)
    const { term } = table.leading(alice)
    const told = table.replica(alice).history.log.endOf(term)
    if (told === null) throw new Error('nothing was told')
    const lie = otherStory(table, table.replica(alice).history.log.at(told))
    const byCarol = { ...lie, sig: cryptoOf(carol).sign(headText(lie.hash)) }
    table.tell(bob, carol, { kind: 'story', entries: [byCarol] })
    table.tell(bob, carol, { kind: 'story', entries: [{ ...lie, sig: null }] })
    table.tell(bob, idOf('eve'), { kind: 'story', entries: [lie] })
    table.run(500)
    expect(eventsOf(table, bob, 'two-stories')).toEqual([])
  })
})

describe('a group that everybody has left', () => {
  it('goes on with whoever comes back first', () => {
    const table = Table.of([alice, bob])
    table.say(alice, 'before')
    table.run(500)
    for (const id of [bob, alice]) {
      table.step(table.seat(id), [{ type: 'leave' }])
      table.run(3_000)
      expect(table.replica(id).role.name).toBe('left')
    }
    table.join(bob, alice)
    table.run(8_000)
    expect(table.replica(bob).leader()).toBe(bob)
    table.join(alice, bob)
    table.run(3_000)
    expect(table.replica(alice).leader()).toBe(bob)
    expect(table.texts(alice)).toEqual(['before'])
  })
})

describe('a stranger whom a leader lets in on its own', () => {
  it('is not known for that, and served nothing', () => {
    const table = new Table()
    table.found(alice, 'invite')
    table.run(100)
    const stranger = idOf('stranger')
    const card = { id: stranger, name: 's', addresses: [], sig: '' as const }
    const sig = cryptoOf(stranger).sign(cardText(table.group, card))
    const replica = table.replica(alice)
    const members = [{ card: { ...card, sig }, proof: null }]
    append(replica, table.leading(alice), [{ kind: 'activate', body: { members } }])
    expect(replica.history.state.roster.known.has(stranger)).toBe(false)
    const summary = { head: null, tips: [], terms: [] }
    const served = table.sentWhile('entries', () =>
      table.tell(alice, stranger, { kind: 'sync', summary }),
    )
    expect(served).toBe(0)
  })
})

describe('an operation that loses in a merge', () => {
  it('is told to whoever made it', () => {
    const table = Table.of([alice, bob, carol, dave])
    table.operate(alice, { kind: 'role', text: 'admin', ref: dave })
    table.run(1_000)
    // Dave alone kicks bob, while the others, who are more, take the right to do so from dave.
    table.passes = ({ from, to }) => from !== dave && to !== dave
    table.run(5_000)
    table.operate(dave, { kind: 'kick', text: '', ref: bob })
    table.operate(alice, { kind: 'role', text: 'member', ref: dave })
    table.run(3_000)
    expect(table.replica(dave).onRoster(bob)).toBe(false)
    expect(eventsOf(table, dave, 'no-effect')).toEqual([])
    table.passes = () => true
    table.run(10_000)
    expect(table.replica(dave).onRoster(bob)).toBe(true)
    expect(eventsOf(table, dave, 'no-effect')).toMatchObject([
      { content: { kind: 'kick', ref: bob } },
    ])
    for (const id of [alice, bob, carol]) expect(eventsOf(table, id, 'no-effect')).toEqual([])
  })
})
