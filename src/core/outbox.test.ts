import { describe, expect, it } from 'vitest'

import { defaultConfig } from './config.ts'
import type { InstanceId, Place, TermId } from './ids.ts'
import { limits } from './limits.ts'
import { lastAseq, Outbox } from './outbox.ts'
import { alice, cryptoOf, hashOf, messageId, said, sessionOf } from './story.suite.ts'

const group = hashOf('group') as string as never
const [first, second] = [sessionOf(alice, 1), sessionOf(alice, 2)]
const term = hashOf('term') as string as TermId
const place: Place = { term, seq: 7 }

/** An outbox, and how far the group's history has its sessions. */
class Desk {
  readonly box: Outbox
  readonly marks = new Map<InstanceId, number>()
  #count = 0

  constructor(box = new Outbox({ batches: [], queued: [] })) {
    this.box = box
  }

  readonly markOf = (session: InstanceId): number => this.marks.get(session) ?? 0

  write(text: string, session = first, kind: 'message' | 'roster' = 'message'): void {
    this.#count += 1
    const id = messageId(session, this.#count)
    this.box.queue({ kind, session, item: { id, sentAt: 0, content: said(text) } })
  }

  pack(config = defaultConfig): void {
    this.box.fill(config, {
      group,
      author: alice,
      after: hashOf('head'),
      crypto: cryptoOf(alice),
      markOf: this.markOf,
      lastIdOf: () => '',
      session: first,
      isUpToDate: true,
    })
  }

  sequence(session: InstanceId, aseq: number): void {
    this.marks.set(session, aseq)
    this.box.noteSequenced(this.markOf, place)
  }

  /** First number and count of each batch under way. */
  batches(): readonly (readonly [number, number])[] {
    return this.box.batches.map(({ batch }) => [batch.aseq, batch.items.length] as const)
  }
}

const textsOf = (box: Outbox): readonly string[] =>
  box.batches.flatMap(({ batch }) => batch.items.map((item) => item.content.text))

describe('what was written', () => {
  it('goes in batches of one while it is quiet, and many at once under load', () => {
    const desk = new Desk()
    desk.write('a')
    desk.pack()
    desk.write('b')
    desk.pack({ ...defaultConfig, outboxWindow: 1 })
    desk.write('c')
    expect(desk.batches()).toEqual([[1, 1]])
    desk.sequence(first, 1)
    desk.pack({ ...defaultConfig, outboxWindow: 1 })
    expect(desk.batches()).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(textsOf(desk.box)).toEqual(['a', 'b', 'c'])
  })

  it('fills the window and no more, until the leader has given something its place', () => {
    const desk = new Desk()
    const count = limits.itemsPerBatch * (defaultConfig.outboxWindow + 3)
    for (let index = 0; index < count; index += 1) desk.write(`${index}`)
    desk.pack()
    expect(desk.batches()).toHaveLength(defaultConfig.outboxWindow)
    expect(desk.box.size()).toBe(count)
    desk.sequence(first, limits.itemsPerBatch)
    desk.pack()
    expect(desk.batches()).toHaveLength(defaultConfig.outboxWindow + 1)
    expect(desk.box.size()).toBe(count - limits.itemsPerBatch)
  })

  it('is not put under one signature with more than fits', () => {
    const desk = new Desk()
    for (let index = 0; index < 20; index += 1) desk.write('x'.repeat(limits.bodyBytes))
    desk.pack()
    const sizes = desk.box.batches.map(({ batch }) => JSON.stringify(batch.items).length)
    expect(Math.max(...sizes)).toBeLessThan(limits.batchBytes + 20_000)
    expect(textsOf(desk.box).length).toBeGreaterThan(defaultConfig.outboxWindow)
  })

  it('is not mixed: an operation on the roster has a batch of its own kind, in its place', () => {
    const desk = new Desk()
    desk.write('a')
    desk.write('b', first, 'roster')
    desk.write('c')
    desk.pack()
    expect(desk.box.batches.map(({ kind }) => kind)).toEqual(['message', 'roster', 'message'])
    expect(desk.batches()).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ])
  })

  it('in an earlier run goes first, and a later run begins when the history has it all', () => {
    const desk = new Desk()
    desk.write('old', first)
    desk.write('new', second)
    desk.pack()
    expect(textsOf(desk.box)).toEqual(['old'])
    desk.sequence(first, 1)
    desk.pack()
    expect(textsOf(desk.box)).toEqual(['old', 'new'])
    expect(desk.batches()).toEqual([
      [1, 1],
      [1, 1],
    ])
  })

  it('counts on where the history is, also if its own batches are gone', () => {
    const desk = new Desk()
    desk.marks.set(first, 41)
    desk.write('next')
    desk.pack()
    expect(desk.batches()).toEqual([[42, 1]])
  })
})

describe('a batch under way', () => {
  it('is sent once to each leader, and again when told to', () => {
    const desk = new Desk()
    desk.write('a')
    desk.pack()
    const other = hashOf('other') as string as TermId
    expect(desk.box.takeUnsent(term)).toHaveLength(1)
    expect(desk.box.takeUnsent(term)).toHaveLength(0)
    expect(desk.box.takeUnsent(other)).toHaveLength(1)
    desk.box.forgetSent()
    expect(desk.box.takeUnsent(other)).toHaveLength(1)
  })

  it('is not sent once it has its place, and kept until that is safe', () => {
    const desk = new Desk()
    desk.write('a')
    desk.pack()
    desk.sequence(first, 1)
    desk.box.forgetSent()
    expect(desk.box.takeUnsent(term)).toEqual([])
    expect(desk.box.isUnderWay(first, 1)).toBe(false)
    desk.box.settle(() => false)
    expect(desk.box.isEmpty()).toBe(false)
    desk.box.settle((at) => at === place)
    expect(desk.box.isEmpty()).toBe(true)
  })

  it('of which the history has a part only still waits for its place', () => {
    const desk = new Desk()
    desk.write('a')
    desk.write('b')
    desk.pack()
    desk.sequence(first, 1)
    desk.box.settle(() => true)
    expect(desk.box.isUnderWay(first, 1)).toBe(true)
  })
})

describe('the disk', () => {
  it('is told of each change once, in order', () => {
    const desk = new Desk()
    desk.write('a')
    desk.write('b')
    desk.pack()
    desk.sequence(first, 2)
    desk.box.settle(() => true)
    const changes = desk.box.takeChanges().map(({ change }) => change)
    expect(changes).toEqual(['queue', 'queue', 'batch', 'remove'])
    expect(desk.box.takeChanges()).toEqual([])
  })

  it('gives a new run everything back, under its old signature and numbers', () => {
    const desk = new Desk()
    desk.write('a')
    desk.pack()
    desk.write('b')
    const batches = desk.box.batches.map(({ kind, batch }) => ({ kind, batch }))
    const item = { id: messageId(first, 2), sentAt: 0, content: said('b') }
    const queued = [{ kind: 'message', session: first, item }] as const
    const again = new Desk(new Outbox({ batches, queued }))
    expect(again.box.takeUnsent(term)).toEqual(batches)
    again.write('c', second)
    again.pack()
    expect(textsOf(again.box)).toEqual(['a', 'b'])
    expect(lastAseq(again.box.batches[1]!.batch)).toBe(2)
  })
})

describe('what is refused for good', () => {
  it('is named once, and what has its place already is not among it', () => {
    const desk = new Desk()
    desk.write('placed')
    desk.pack()
    desk.sequence(first, 1)
    desk.write('under way')
    desk.pack()
    desk.write('waiting', second)
    const refused = [messageId(first, 2), messageId(second, 3)]
    expect(desk.box.refuseAll(null)).toEqual({ refused, unknown: [] })
    expect(desk.box.refuseAll(null)).toEqual({ refused: [], unknown: [] })
    expect(textsOf(desk.box)).toEqual(['placed'])
    expect(
      desk.box
        .takeChanges()
        .slice(-2)
        .map(({ change }) => change),
    ).toEqual(['remove', 'drop'])
  })

  it('is called refused only if no other leader can have taken it', () => {
    const other = 'other' as TermId
    for (const [terms, known, isSure] of [
      [[term], term, true],
      [[term], other, false],
      [[term], null, false],
      [[other, term], term, false],
    ] as const) {
      const desk = new Desk()
      desk.write('sent')
      desk.pack()
      for (const one of terms) desk.box.takeUnsent(one)
      const ids = [messageId(first, 1)]
      expect(desk.box.refuseAll(known)).toEqual(
        isSure ? { refused: ids, unknown: [] } : { refused: [], unknown: ids },
      )
    }
  })
})
