import { describe, expect, it } from 'vitest'

import type { GroupEvent } from './effect.ts'
import { batchText } from './entry-codec.ts'
import type { AuthorBatch } from './entry.ts'
import type { InstanceId, NodeId } from './ids.ts'
import type { Marks, Packet, Summary } from './packet.ts'
import {
  alice,
  bob,
  carol,
  cryptoOf,
  dave,
  hashOf,
  idOf,
  messageId,
  said,
  sessionOf,
} from './story.suite.ts'
import { Table } from './table.suite.ts'

const nothing: Summary = { head: null, tips: [], terms: [] }
const marks: Marks = { floor: 0, above: [], viewSeq: 0, below: 0 }
const term = hashOf('term') as string as never

/** Batches as another node would sign them. */
const batchOf = (
  table: Table,
  author: NodeId,
  aseq: number,
  texts: readonly string[],
  after = table.replica(alice).headHash(),
): { readonly kind: 'message'; readonly batch: AuthorBatch } => {
  const session: InstanceId = sessionOf(author, 9)
  const items = texts.map((text, at) => ({
    id: messageId(session, aseq + at),
    sentAt: 0,
    content: said(text),
  }))
  const unsigned = { author, session, aseq, after: after!, items, sig: '' as never }
  const sig = cryptoOf(author).sign(batchText(table.group, 'message', unsigned))
  return { kind: 'message', batch: { ...unsigned, sig } }
}

const countOf = (events: readonly GroupEvent[], event: GroupEvent['event']): number =>
  events.filter((one) => one.event === event).length

describe('the leader gives messages their place', () => {
  it("in the author's order, whatever order they come in", () => {
    const table = Table.of([alice, bob])
    const batches = [1, 2, 3, 4].map((aseq) => batchOf(table, bob, aseq, [`${aseq}`]))
    table.tell(alice, bob, { kind: 'send_message', batches: batches.slice(2) })
    table.run(100)
    expect(table.texts(alice)).toEqual([])
    table.tell(alice, bob, { kind: 'send_message', batches: [batches[1]!, batches[0]!] })
    table.run(100)
    expect(table.texts(alice)).toEqual(['1', '2', '3', '4'])
  })

  it('once, however often they come', () => {
    const table = Table.of([alice, bob])
    const batches = [batchOf(table, bob, 1, ['a', 'b'])]
    for (let time = 0; time < 3; time += 1)
      table.tell(alice, bob, { kind: 'send_message', batches })
    table.run(100)
    table.tell(alice, bob, { kind: 'send_message', batches })
    table.run(100)
    expect(table.texts(alice)).toEqual(['a', 'b'])
    expect(table.texts(bob)).toEqual(['a', 'b'])
  })

  it('not if the author has not signed them', () => {
    const table = Table.of([alice, bob, carol])
    const { kind, batch } = batchOf(table, bob, 1, ['a'])
    const forged = { kind, batch: { ...batch, author: carol } }
    table.tell(alice, bob, { kind: 'send_message', batches: [forged] })
    table.run(100)
    expect(table.texts(alice)).toEqual([])
    expect(table.replica(alice).counters.faults.get('bad-signature')).toBe(1)
  })

  it('not for strangers, who are told so once', () => {
    const table = Table.of([alice, bob])
    const stranger = idOf('stranger')
    const batches = [batchOf(table, stranger, 1, ['a'])]
    const refusals = table.sentWhile('refused', () => {
      table.tell(alice, stranger, { kind: 'send_message', batches })
      table.run(100)
    })
    expect([table.texts(alice), refusals]).toEqual([[], 1])
  })

  it('no faster than an author may, and refuses what is too much with when to try again', () => {
    const table = Table.of([alice, bob], { itemsPerSecond: 10, itemsBurst: 20 })
    const batches = [1, 11, 21].map((aseq) =>
      batchOf(
        table,
        bob,
        aseq,
        Array.from({ length: 10 }, (_, at) => `${aseq + at}`),
      ),
    )
    table.tell(alice, bob, { kind: 'send_message', batches })
    table.run(10)
    expect(table.texts(alice)).toHaveLength(20)
    const refused = table.sent.findLast(({ packet }) => packet.kind === 'refused')?.packet
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', aseq: 21, retryMs: 1_000 })
    table.run(1_000)
    table.tell(alice, bob, { kind: 'send_message', batches })
    table.run(10)
    expect(table.texts(alice)).toHaveLength(30)
  })

  it('waiting for what they answer, without asking for it all the time', () => {
    const table = Table.of([alice, bob])
    const batches = [batchOf(table, bob, 1, ['a'], hashOf('unknown'))]
    const packets = table.sentWhile(null, () => {
      table.tell(alice, bob, { kind: 'send_message', batches })
      table.run(10_000)
    })
    expect(table.texts(alice)).toEqual([])
    expect(packets).toBeLessThan(150)
  })

  it('keeping few of an author that holds back the first', () => {
    const table = Table.of([alice, bob])
    for (let aseq = 2; aseq < 200; aseq += 1)
      table.tell(alice, bob, { kind: 'send_message', batches: [batchOf(table, bob, aseq, ['x'])] })
    expect(table.leading(alice).queue.get(bob)?.length).toBeLessThanOrEqual(32)
  })
})

describe('a message', () => {
  it('is stored by those that said so, and by nobody else', () => {
    const table = Table.of([alice, bob, carol])
    table.passes = ({ to }) => to !== carol
    table.say(bob, 'hello')
    table.run(200)
    const place = table.replica(alice).history.head!
    expect(table.replica(alice).storedBy(place)).toEqual({ by: [alice, bob], missing: [carol] })
    expect(table.replica(bob).storedBy(place)).toEqual({ by: [alice, bob], missing: [carol] })
    table.passes = () => true
    table.run(1_500)
    expect(table.replica(alice).storedBy(place).missing).toEqual([])
    expect(table.replica(bob).storedBy(place).missing).toEqual([])
  })

  it('is not counted for a member that came in after the marks were told', () => {
    const table = Table.of([alice, bob])
    table.say(alice, 'hello')
    table.run(1_500)
    const place = table.replica(bob).history.head!
    table.passes = ({ packet, to }) => to !== carol && packet.kind !== 'heartbeat'
    table.join(carol, alice)
    table.run(100)
    expect(table.replica(bob).inView(carol)).toBe(true)
    expect(table.replica(bob).storedBy(place)).toEqual({ by: [alice, bob], missing: [carol] })
  })

  it('counts for a member no more when it runs anew and has less on its disk', () => {
    const table = Table.of([alice, bob])
    table.say(alice, 'hello')
    table.run(1_500)
    const leader = table.replica(alice)
    const place = leader.history.head!
    expect(leader.storedBy(place).by).toEqual([alice, bob])
    const ack = { kind: 'ack', term: place.term, seq: 0 } as const
    table.tell(alice, bob, ack, sessionOf(bob, 7))
    expect(leader.storedBy(place)).toEqual({ by: [alice], missing: [bob] })
  })

  it('is not counted beyond what there is, whatever a member says', () => {
    const table = Table.of([alice, bob])
    const leader = table.leading(alice)
    const seq = Number.MAX_SAFE_INTEGER
    table.tell(alice, bob, { kind: 'ack', term: leader.term, seq }, table.seat(bob).instance)
    const { last } = table.replica(alice).history.log.term(leader.term)
    expect(leader.peers.get(bob)?.mark).toBe(last)
  })

  it('leaves the outbox when a second disk has it, not before', () => {
    const table = Table.of([alice, bob])
    table.passes = ({ from }) => from !== bob
    table.say(alice, 'hello')
    table.run(300)
    expect(table.texts(alice)).toEqual(['hello'])
    expect(table.replica(alice).outbox.isEmpty()).toBe(false)
    table.passes = () => true
    table.run(1_500)
    expect(table.replica(alice).outbox.isEmpty()).toBe(true)
  })
})

describe('a newcomer', () => {
  it('whose leader dies before it has any history asks the others', () => {
    const table = Table.of([alice, bob])
    table.join(carol, bob, alice)
    while (table.replica(carol).role.name === 'joining') table.run(1)
    table.crash(alice)
    table.passes = ({ from }) => from !== alice
    table.run(20_000)
    expect(table.replica(carol).role.name).toBe('follower')
    expect(table.replica(carol).leader()).toBe(bob)
    expect(table.replica(carol).inView(carol)).toBe(true)
  })

  it('that crashes in its first synchronization goes on where it was', () => {
    const table = new Table({ itemsPerSecond: 1e6, itemsBurst: 1e6, outboxWindow: 1 })
    table.found(alice)
    for (let count = 0; count < 1_200; count += 1) table.say(alice, `${count}`)
    table.run(1_000)
    const newcomer = table.join(bob, alice)
    for (let ms = 0; newcomer.disk.orderLength() === 0 && ms < 5_000; ms += 1) table.run(1)
    expect(newcomer.disk.orderLength()).toBeLessThan(1_000)
    table.crash(bob)
    table.run(3_000)
    table.resume(bob)
    table.run(10_000)
    expect(table.replica(bob).role.name).toBe('follower')
    expect(table.texts(bob)).toEqual(table.texts(alice))
  })

  it('is let in again with a tip that nobody can have, after a while', () => {
    const table = Table.of([alice, bob])
    table.crash(bob)
    table.run(5_000)
    expect(table.replica(alice).inView(bob)).toBe(false)
    const card = table.replica(alice).history.state.roster.members.get(bob)!.card
    const lost = { term, seq: 3, hash: hashOf('lost') }
    const summary = { head: lost, tips: [], terms: [] }
    let isIn = false
    for (let time = 0; time < 10; time += 1) {
      table.tell(alice, bob, { kind: 'join_network', card, proof: null, summary, anew: false })
      table.run(500)
      isIn ||= table.replica(alice).inView(bob)
    }
    expect(isIn).toBe(true)
  })

  it('under another name than its own is not let in', () => {
    const table = Table.of([alice])
    const card = { id: carol, name: 'c', addresses: [], sig: '' } as const
    table.tell(alice, dave, {
      kind: 'join_network',
      card,
      proof: null,
      summary: nothing,
      anew: false,
    })
    table.run(100)
    expect(table.replica(alice).onRoster(carol)).toBe(false)
    expect(table.replica(alice).onRoster(dave)).toBe(false)
  })

  it('that was not invited is turned away for good where nobody else could know better', () => {
    const table = new Table()
    table.found(alice, 'invite')
    table.run(100)
    const seat = table.join(bob, alice)
    table.run(1_000)
    expect(seat.events).toContainEqual({
      event: 'turned-away',
      code: 'NOT_INVITED',
      retryMs: null,
    })
  })
})

describe('a hostile packet', () => {
  const stranger = idOf('stranger')
  const far = Number.MAX_SAFE_INTEGER

  it('does not make a follower believe to be behind for ever', () => {
    const table = Table.of([alice, bob])
    const last = table.seat(bob).disk.termEnds().at(-1)!
    const odd = { ...last, entry: { ...last.entry, seq: far }, hash: hashOf('odd') }
    const quiet = table.sentWhile(null, () => table.run(10_000))
    for (const from of [stranger, alice])
      table.tell(bob, from, {
        kind: 'append',
        term: table.leading(alice).term,
        entries: [odd],
      })
    const packets = table.sentWhile(null, () => table.run(10_000))
    expect(packets).toBeLessThan(2 * quiet)
  })

  it('from a stranger changes nothing for anybody', () => {
    const table = Table.of([alice, bob, carol])
    const open = table.leading(alice).term
    const packets: readonly Packet[] = [
      { kind: 'heartbeat', term, beat: far, seq: far, live: far, marks },
      { kind: 'heartbeat', term: open, beat: far, seq: far, live: far, marks },
      { kind: 'pulse', term: open, leader: alice, beat: 1, seq: far, tips: [] },
      { kind: 'ack', term: open, seq: far },
      { kind: 'stored', term: open, marks: { ...marks, floor: far, below: far } },
      { kind: 'refused', session: sessionOf(bob), aseq: 1, code: 'BANNED', retryMs: null },
      { kind: 'election', round: 1, term: open, beat: far },
      { kind: 'vote', round: 1, says: { answer: 'senior' } },
      { kind: 'coordinator', term, leader: stranger, entries: [], gaveUp: open },
      { kind: 'coordinator', term, leader: stranger, entries: [], gaveUp: null },
      { kind: 'handover', term: open, entries: [] },
      { kind: 'joined', term, leader: stranger, number: 0, beat: far, seq: far },
      { kind: 'redirect', leader: stranger, addresses: [] },
      { kind: 'turned_away', code: 'BANNED', retryMs: null, proof: null },
      { kind: 'leave_network' },
      { kind: 'merge', step: { step: 'welcome', term, gaveUp: open, beat: 1 } },
      { kind: 'reach', table: [], troubled: true },
    ]
    for (const packet of packets)
      for (const to of [alice, bob, carol]) table.tell(to, stranger, packet)
    table.run(10_000)
    table.say(bob, 'still here')
    table.run(500)
    for (const id of [alice, bob, carol]) {
      expect(table.replica(id).leader(), id).toBe(alice)
      expect(table.texts(id)).toEqual(['still here'])
      expect(table.replica(id).mesh.isAwake(table.replica(id).now)).toBe(false)
    }
    expect(table.leading(alice).term).toBe(open)
    expect(table.seats.has(stranger)).toBe(false)
  })

  it('of a member that claims to have heard every beat to come topples no leader', () => {
    const table = Table.of([alice, bob, carol, dave])
    const { term: open } = table.leading(alice)
    for (const to of [bob, carol])
      table.tell(to, dave, { kind: 'election', round: 1, term: open, beat: far })
    table.run(10_000)
    for (const id of [alice, bob, carol, dave]) expect(table.replica(id).leader(), id).toBe(alice)
  })

  it('does not grow what a leader keeps in mind beyond its limits', () => {
    const table = Table.of([alice, bob])
    for (let sender = 0; sender < 5; sender += 1) {
      const from = idOf(`x${sender}`)
      const members = Array.from({ length: 10_000 }, (_, index) => idOf(`y${sender}-${index}`))
      const claim = { term, leader: from, live: 0, number: 9 }
      const summary = { ...nothing, head: { term, seq: 1, hash: hashOf('x') } }
      table.tell(alice, from, { kind: 'merge', step: { step: 'hello', claim, members, summary } })
      const card = { id: from, name: 'x', addresses: [], sig: '' } as const
      table.tell(alice, from, { kind: 'join_network', card, proof: null, summary, anew: false })
    }
    const leader = table.leading(alice)
    expect(leader.incoming.length).toBeLessThanOrEqual(10_000)
    expect(leader.joins.size).toBeLessThanOrEqual(1_000)
    expect(table.replica(alice).fetching.size).toBeLessThanOrEqual(4)
    expect(table.replica(alice).timers.size).toBeLessThanOrEqual(15)
    table.run(5_000)
    for (const { entry } of table.seat(alice).disk.termEnds())
      if (entry.kind === 'merge' || entry.kind === 'activate')
        expect(entry.body.members.length).toBeLessThanOrEqual(100)
  })
})

describe('what the application is told', () => {
  it('of role and view comes when they change, and not again', () => {
    const table = Table.of([alice, bob])
    const { events } = table.seat(bob)
    const [roles, views] = [countOf(events, 'role'), countOf(events, 'view')]
    table.run(20_000)
    expect([countOf(events, 'role'), countOf(events, 'view')]).toEqual([roles, views])
  })

  it('comes after it is on disk', () => {
    const table = Table.of([alice, bob])
    const { replica } = table.seat(bob)
    table.seat(bob).replica = null
    table.say(alice, 'hello')
    table.seat(bob).replica = replica
    const append = table.sent.findLast(({ packet }) => packet.kind === 'append')!
    const effects = replica!.step(replica!.now, [{ ...append, type: 'packet' }])
    expect(effects[0]?.type).toBe('persist')
    expect(effects.filter((effect) => effect.type === 'persist')).toHaveLength(1)
    const told = effects.findIndex((one) => one.type === 'event' && one.event.event === 'delivered')
    expect(told).toBeGreaterThan(0)
  })
})
