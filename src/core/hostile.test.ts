/** Whatever somebody sends: the core does not throw, and what it stores, everybody can read. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { packetFields } from '../rpc/peer-packets.suite.ts'
import { entryFromArray, entryText, entryToArray, headText } from './entry-codec.ts'
import { termOf, type Entry, type SignedEntry } from './entry.ts'
import type { NodeId } from './ids.ts'
import type { Packet } from './packet.ts'
import { alice, bob, carol, cryptoOf, Dice, diceArbitrary, idOf, sessionOf } from './story.suite.ts'
import { Table } from './table.suite.ts'

const stranger = idOf('stranger')
const everybody = [alice, bob, carol]

/** A group of three, a member of which is about to lead when its leader dies. */
const groupOfThree = (): Table => {
  const table = Table.of(everybody)
  table.say(alice, 'one')
  table.say(bob, 'two')
  table.run(1_000)
  return table
}

/** Stored entries that those who have yet to fetch them could not read. */
const unreadable = (table: Table): readonly Entry[] =>
  [...table.seats.values()].flatMap(({ disk }) =>
    [...disk.allEntries()]
      .map((signed) => signed.entry)
      .filter((entry) => {
        const read = entryFromArray(JSON.parse(JSON.stringify(entryToArray(entry))))
        return read === null || entryText(read) !== entryText(entry)
      }),
  )

const expectOneLeader = (table: Table, ids: readonly NodeId[]): void => {
  const leaders = new Set(ids.map((id) => table.replica(id).leader()))
  const heads = new Set(ids.map((id) => table.replica(id).headHash()))
  expect([leaders.size, heads.size, leaders.has(null)]).toEqual([1, 1, false])
}

type Named = [Packet['kind'], object]

const anyPacket: fc.Arbitrary<Packet> = fc
  .constantFrom(...(Object.keys(packetFields) as Packet['kind'][]))
  .chain((kind) =>
    (packetFields[kind] as fc.Arbitrary<object>).map((fields): Named => [kind, fields]),
  )
  .map(([kind, fields]) => ({ kind, ...fields }) as Packet)

/** The same packet, with most ids and hashes replaced by such as the group really has. */
const madeLikely = (packet: Packet, known: readonly string[], dice: Dice): Packet =>
  JSON.parse(
    JSON.stringify(packet, (_key, value: unknown) =>
      typeof value === 'string' && value.length === 43 && dice.upTo(5) > 0 ? dice.of(known) : value,
    ),
  ) as Packet

describe('any packet', () => {
  it('from anybody, to anybody, whatever they are doing, is survived', () => {
    const packets = fc.array(anyPacket, { minLength: 20, maxLength: 40 })
    fc.assert(
      fc.property(packets, diceArbitrary(600), (list, throws) => {
        const dice = new Dice(throws)
        const table = groupOfThree()
        const { term } = table.leading(alice)
        const known = [
          ...everybody,
          stranger,
          term,
          table.group,
          ...[...table.seat(alice).disk.allEntries()].map((signed) => signed.hash),
        ]
        const act = dice.upTo(4)
        if (act === 1) table.crash(alice)
        if (act === 2) table.join(idOf('dave'), bob)
        if (act === 3) table.passes = () => false
        for (const packet of list) {
          table.run(dice.upTo(3) * 700)
          const to = dice.of([...table.seats.keys()])
          const from = dice.of([...everybody, stranger].filter((id) => id !== to))
          table.tell(to, from, madeLikely(packet, known, dice))
        }
        table.passes = () => true
        table.run(3_000)
        expect(unreadable(table)).toEqual([])
      }),
      { numRuns: 15 },
    )
  })
})

/** Entries that bob signs as a leader of his own, on whatever there is, saying whatever he likes. */
class Liar {
  readonly #table: Table
  readonly #dice: Dice
  readonly made: SignedEntry[] = []

  constructor(table: Table, dice: Dice) {
    this.#table = table
    this.#dice = dice
  }

  #known(): readonly SignedEntry[] {
    return [...this.#table.seat(alice).disk.allEntries(), ...this.made]
  }

  #sign(entry: Entry): SignedEntry {
    const crypto = cryptoOf(bob)
    const hash = crypto.hash(entryText(entry))
    const signed = { entry, hash, sig: crypto.sign(headText(hash)) }
    this.made.push(signed)
    return signed
  }

  #ids(): readonly NodeId[] {
    const count = this.#dice.upTo(5)
    return Array.from({ length: count }, () => this.#dice.of([...everybody, stranger, bob]))
  }

  open(): SignedEntry {
    const prev = this.#dice.of(this.#known())
    const parent = this.#known().find((one) => termOf(one) === termOf(prev) && one.entry.seq === 0)
    const counter = parent?.entry.kind === 'open' ? parent.entry.body.counter : 0
    return this.#sign({
      group: this.#table.group,
      prev: prev.hash,
      term: '',
      seq: 0,
      clock: prev.entry.clock + 1,
      kind: 'open',
      body: {
        counter: counter + 1,
        leader: bob,
        instance: sessionOf(bob, 5),
        nonce: `${this.made.length}`,
        gone: this.#ids().filter((id) => id !== bob),
        back: this.#ids().filter((id) => id !== bob),
      },
    })
  }

  append(prev: SignedEntry): SignedEntry {
    const dice = this.#dice
    const tips = Array.from({ length: 1 + dice.upTo(4) }, () => dice.of(this.#known()))
    const members = this.#ids()
    const kind = dice.of(['merge', 'deactivate', 'activate'] as const)
    const parents = kind === 'merge' ? [prev, ...tips] : [prev]
    const card = this.#table.replica(carol).card
    const bodies = {
      merge: { tips: tips.map((tip) => tip.hash), members },
      deactivate: { cause: 'silent', members: [bob, ...members] },
      activate: { members: [...members, carol].map(() => ({ card, proof: null })) },
    } as const
    return this.#sign({
      group: this.#table.group,
      prev: prev.hash,
      term: termOf(prev),
      seq: prev.entry.seq + 1,
      clock: 1 + Math.max(...parents.map((parent) => parent.entry.clock)),
      kind,
      body: bodies[kind],
    } as Entry)
  }
}

describe('a member that leads a term of lies', () => {
  it('gets it stored and spliced in, and the others are one group all the same', () => {
    let spliced = 0
    fc.assert(
      fc.property(diceArbitrary(200), (throws) => {
        const dice = new Dice(throws)
        const table = groupOfThree()
        const liar = new Liar(table, dice)
        table.crash(bob)
        for (let terms = 1 + dice.upTo(2); terms > 0; terms -= 1) {
          let tip = liar.open()
          for (let more = dice.upTo(6); more > 0; more -= 1) tip = liar.append(tip)
        }
        const summary = { head: null, tips: [], terms: [] }
        const packet = { kind: 'entries', entries: liar.made, more: false, summary } as const
        const asked = dice.of([[alice], [carol], [alice, carol]])
        for (const to of asked) table.tell(to, bob, packet)
        table.run(4_000)
        if (dice.upTo(2) === 0) {
          table.crash(alice)
          table.run(5_000)
          table.resume(alice)
        }
        table.run(15_000)
        table.say(alice, 'after')
        table.say(carol, 'all')
        table.run(4_000)
        expectOneLeader(table, [alice, carol])
        expect(table.texts(carol)).toEqual(table.texts(alice))
        expect(new Set(table.texts(carol))).toEqual(new Set(['one', 'two', 'after', 'all']))
        expect(unreadable(table)).toEqual([])
        const { history } = table.replica(alice)
        spliced += liar.made.filter(({ hash }) => history.containsHash(hash)).length
      }),
      { numRuns: 25 },
    )
    expect(spliced).toBeGreaterThan(10)
  })
})
