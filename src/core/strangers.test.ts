/** What somebody who is in no way a member gets out of those who are, in a group by invite. */
import { describe, expect, it } from 'vitest'

import { inviteText } from './entry-codec.ts'
import type { NodeId, TermId } from './ids.ts'
import type { MergeStep, Packet, Summary } from './packet.ts'
import { alice, bob, carol, cryptoOf, hashOf, idOf, sessionOf } from './story.suite.ts'
import { Table } from './table.suite.ts'

const eve = idOf('eve')
const invite = idOf('invite')
const term = hashOf('eves-term') as string as TermId
const nothing: Summary = { head: null, tips: [], terms: [] }
const claim = { term, leader: eve, live: 1_000_000, number: 0 }
const marks = { floor: 0, above: [], viewSeq: 0, below: 0 }

/** Alice leads bob and carol, who were invited; something was said. */
const invited = (): Table => {
  const table = new Table()
  table.found(alice, 'invite')
  table.operate(alice, { kind: 'invite', ref: invite, text: '2 0' })
  table.run(100)
  for (const id of [bob, carol]) {
    const proof = { invite, sig: cryptoOf(invite).sign(inviteText(table.group, id)) }
    table.sit(id, { how: 'join', group: table.group, via: [alice], proof })
    table.run(1_000)
  }
  table.say(bob, 'among us')
  table.run(1_000)
  return table
}

const step = (one: MergeStep): Packet => ({ kind: 'merge', step: one })
const probe = step({ step: 'probe', term, leader: eve, claim, answer: true })

/** All that somebody could send who knows the protocol and the group's id. */
const everything = (table: Table): readonly Packet[] => {
  const head = { term, seq: 7, hash: hashOf('made-up') }
  const known = table.replica(bob).history.head
  if (known === null) throw new Error('no history')
  const claimed = { head, tips: [head], terms: [head] }
  const around = { origin: bob, originInstance: sessionOf(bob), to: alice, path: [], trail: [] }
  return [
    { kind: 'heartbeat', term: known.term, beat: 9_999, seq: 99, live: 99, marks },
    { kind: 'pulse', term: known.term, leader: alice, beat: 1, seq: 0, tips: [head] },
    { kind: 'append', term: known.term, entries: [] },
    { kind: 'ack', term: known.term, seq: 99 },
    { kind: 'stored', term: known.term, marks },
    { kind: 'sync', summary: nothing },
    { kind: 'sync', summary: claimed },
    { kind: 'entries', entries: [], more: true, summary: claimed },
    { kind: 'election', round: 1, term: known.term, beat: 9_999 },
    { kind: 'vote', round: 1, says: { answer: 'here', summary: claimed } },
    { kind: 'coordinator', term, leader: eve, entries: [], gaveUp: known.term },
    { kind: 'handover', term: known.term, entries: [] },
    { kind: 'joined', term, leader: eve, number: 0, beat: 1, seq: 9 },
    { kind: 'leave_network' },
    { kind: 'check', ...known },
    { kind: 'check', ...known, hash: hashOf('other') },
    { kind: 'story', entries: [] },
    { kind: 'reach', table: [], troubled: true },
    { kind: 'relay', ...around, packet: { kind: 'sync', summary: nothing }, sig: '' },
    { kind: 'relay', ...around, origin: eve, packet: { kind: 'sync', summary: nothing }, sig: '' },
    probe,
    step({ step: 'sighting', term, leader: eve, addresses: ['evil:1'] }),
    step({ step: 'offer', summary: claimed }),
    step({ step: 'hello', claim, members: [eve], summary: claimed }),
    step({ step: 'hello', claim: { ...claim, live: 0 }, members: [eve], summary: claimed }),
    step({ step: 'welcome', term, gaveUp: known.term, beat: 1 }),
  ]
}

/** Kinds of all that was sent to the stranger. */
const toldTo = (table: Table, id: NodeId): readonly string[] => [
  ...new Set(table.sent.filter(({ to }) => to === id).map(({ packet }) => packet.kind)),
]

describe('a stranger with a key of its own', () => {
  it('gets nothing out of anybody by any packet, nor moves them', () => {
    const table = invited()
    const before = table.leading(alice).term
    for (let round = 0; round < 3; round += 1)
      for (const packet of everything(table))
        for (const to of [alice, bob, carol]) {
          table.tell(to, eve, packet)
          table.run(30)
        }
    table.run(3_000)
    // Whoever says that it leads another side is asked for its history, and that is all.
    expect(toldTo(table, eve).filter((kind) => kind !== 'sync')).toEqual([])
    expect(table.leading(alice).term).toBe(before)
    expect(table.replica(bob).leader()).toBe(alice)
    for (const id of [alice, bob, carol]) expect(table.replica(id).viewSize()).toBe(3)
  })

  it('is not followed by a leader because it claims to have more members', () => {
    const table = invited()
    table.tell(alice, eve, probe)
    const { term: gaveUp } = table.leading(alice)
    table.tell(alice, eve, step({ step: 'welcome', term, gaveUp, beat: 1 }))
    expect(table.replica(alice).leader()).toBe(alice)
    table.tell(alice, eve, { kind: 'sync', summary: nothing })
    expect(toldTo(table, eve)).not.toContain('entries')
  })

  it('is not followed by those who have lost their leader', () => {
    const table = invited()
    table.crash(alice)
    for (let at = 0; at < 40; at += 1) {
      for (const to of [bob, carol]) {
        table.tell(to, eve, probe)
        table.tell(to, eve, { kind: 'heartbeat', term, beat: at, seq: 9, live: 9, marks })
        table.tell(to, eve, { kind: 'sync', summary: nothing })
        expect(table.replica(to).leader()).not.toBe(eve)
      }
      table.run(100)
    }
    expect(toldTo(table, eve).filter((kind) => kind !== 'sync')).toEqual([])
    expect(table.replica(bob).leader()).toBe(bob)
  })

  it('is not sent what waits with a member that asks to be let in again', () => {
    const table = invited()
    table.step(table.seat(carol), [{ type: 'leave' }])
    table.run(2_000)
    const { group } = table
    table.sit(carol, { how: 'join', group, via: [eve], proof: null })
    table.passes = () => false
    table.say(carol, 'for members')
    table.tell(carol, eve, { kind: 'joined', term, leader: eve, number: 0, beat: 1, seq: 9 })
    table.tell(carol, eve, { kind: 'heartbeat', term, beat: 2, seq: 9, live: 9, marks })
    table.tell(carol, eve, { kind: 'sync', summary: nothing })
    table.run(2_000)
    const told = toldTo(table, eve)
    expect(told).not.toContain('send_message')
    expect(told).not.toContain('entries')
  })
})
