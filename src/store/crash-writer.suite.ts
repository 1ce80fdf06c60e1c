/**
 * A process of its own for tests: writes numbered transactions to a data folder until it is ended,
 * and prints each number once it is stored. `node crash-writer.suite.ts FOLDER` obeys lines on its
 * standard input: `write N` (that many), `write` (for ever), `probe`, `make-room`.
 */
import { rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import type { SignedEntry } from '../core/entry.ts'
import { Chronicle, persistOf, sessionOf, Teller } from './chronicle.suite.ts'
import { SqliteStore } from './sqlite-store.ts'
import { StoreError } from './store-error.ts'

export const story = new Chronicle()
/** Messages of one transaction, and characters that pad each. */
export const PER_WRITE = 3
const PADDING = 'x'.repeat(2000)

/** Not through a stream, which would hold lines back. */
const print = (line: string): void => {
  writeSync(1, `${line}\n`)
}

/** Continues what the folder has; each run is a session of its own. */
class Writer {
  readonly #group
  readonly #session
  readonly #teller = new Teller()
  #tip: SignedEntry
  #number: number

  constructor(store: SqliteStore) {
    this.#group = store.createGroup(story.group, 'lobby')
    if (this.#group.orderLength() === 0) {
      const order = new Teller().tell([story.genesis])
      this.#group.apply(persistOf({ entries: [story.genesis], order }))
    }
    const length = this.#group.orderLength()
    this.#tip = this.#group.ordered(length - 1, length)[0]?.signed ?? story.genesis
    this.#number = length - 1
    this.#session = sessionOf(process.pid * 65_536 + length)
    this.#teller.state.length = length
    this.#teller.state.positions = this.#group.messageCount()
  }

  /** Entry, order, messages, a snapshot now and then, and an outbox that has just this number. */
  write(): void {
    const number = this.#number + 1
    const texts = Array.from({ length: PER_WRITE }, () => `number ${number} ${PADDING}`)
    const said = story.say(this.#tip, texts, { session: this.#session })
    const [last] = this.#group.outbox().queued
    const item = story.item(`waiting ${number}`, this.#session)
    const queued = { kind: 'message' as const, session: this.#session, item }
    const order = this.#teller.tell([said])
    this.#group.apply(
      persistOf({
        entries: [said],
        order,
        outbox: [
          { change: 'queue', queued },
          ...(last === undefined ? [] : [{ change: 'drop' as const, id: last.item.id }]),
        ],
      }),
    )
    this.#tip = said
    this.#number = number
    print(`stored ${number}`)
  }
}

const main = (folder: string): void => {
  const store = new SqliteStore(folder)
  let writer = new Writer(store)
  const attempt = (work: () => void): void => {
    try {
      work()
    } catch (fault) {
      if (!(fault instanceof StoreError)) throw fault
      print(`fault ${fault.code} ${fault.path}`)
      // As a node does: what was in memory is dropped, what is on the disk is read again.
      writer = new Writer(store)
    }
  }
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [verb, count = 'Infinity'] = line.split(' ')
    if (verb === 'write') {
      attempt(() => {
        for (let done = 0; done < Number(count); done += 1) writer.write()
      })
    } else if (verb === 'probe') {
      attempt(() => {
        store.probe()
        print('room')
      })
    } else if (verb === 'make-room') {
      rmSync(join(folder, 'filler'))
      print('made')
    }
  })
  print('ready')
}

const [, script, folder] = process.argv
if (script === import.meta.filename && folder !== undefined) main(folder)
