/** Whatever happens to a store, it tells the same as a twin that is too simple to be wrong. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Persist } from '../core/effect.ts'
import type { SignedEntry } from '../core/entry.ts'
import { emptyState, stateToData } from '../core/group-state.ts'
import { Chronicle, persistOf, retold, sessionOf } from './chronicle.suite.ts'
import type { Folder } from './contract-scene.suite.ts'
import { DumbTwin, tellingOf } from './dumb-twin.suite.ts'

type Say = { readonly act: 'say'; readonly branch: number; readonly texts: readonly string[] }
type OnBranch = { readonly act: 'open' | 'follow' | 'merge'; readonly branch: number }
type OnOutbox = { readonly act: 'snapshot' | 'queue' | 'batch' | 'remove' }
type Reopen = { readonly act: 'reopen' }
type Action = Say | OnBranch | OnOutbox | Reopen

const branch = fc.nat({ max: 5 })
const text = fc.constantFrom('word', 'words', 'wörter', 'other', '', 'wo 東京')
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('say' as const),
      branch,
      texts: fc.array(text, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('open', 'follow', 'merge'), branch }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('snapshot', 'queue', 'batch', 'remove') }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reopen' as const) }) },
)

/** A group whose history grows at random, as branches from the genesis entry on. */
class Play {
  readonly story = new Chronicle()
  /** Each branch as the order that its head names. */
  #branches: (readonly SignedEntry[])[] = [[this.story.genesis]]
  #followed: readonly SignedEntry[] = []
  #queued: Persist['outbox'] = []

  start(): Persist {
    return this.#follow(this.#branches[0] ?? [], [this.story.genesis])
  }

  /** What the action writes. */
  next(action: Say | OnBranch | OnOutbox): Persist {
    switch (action.act) {
      case 'say':
      case 'open':
      case 'follow':
      case 'merge':
        return this.#onBranch(action)
      case 'snapshot': {
        const state = stateToData(emptyState())
        return persistOf({ snapshot: { index: this.#followed.length, state } })
      }
      case 'queue': {
        const change = { change: 'queue' as const, queued: this.story.queued('waiting') }
        this.#queued = [...this.#queued, change]
        return persistOf({ outbox: [change] })
      }
      case 'batch': {
        const items = this.#queued.flatMap((one) =>
          one.change === 'queue' ? [one.queued.item] : [],
        )
        this.#queued = []
        const batch = { ...this.story.batch(this.story.genesis.hash, ['x']), items }
        return persistOf({ outbox: [{ change: 'batch', batch: { kind: 'message', batch } }] })
      }
      case 'remove':
        return persistOf({ outbox: [{ change: 'remove', session: sessionOf(1), aseq: 1 }] })
    }
  }

  #onBranch(action: Say | OnBranch): Persist {
    const at = action.branch % this.#branches.length
    const order = this.#branches[at] ?? []
    const head = order.at(-1) ?? this.story.genesis
    switch (action.act) {
      case 'follow':
        return this.#follow(order, [])
      case 'merge':
        return this.#merge(order, head)
      case 'open': {
        const opened = this.story.open(head)
        this.#branches.push([...order, opened])
        return persistOf({ entries: [opened] })
      }
      case 'say':
        return this.#say(at, action.texts)
    }
  }

  #say(at: number, texts: readonly string[]): Persist {
    const order = this.#branches[at] ?? []
    const head = order.at(-1) ?? this.story.genesis
    // Each branch has a session of its own: an author talks on one side of a partition only.
    const said = this.story.say(head, texts, { session: sessionOf(at + 2) })
    const grown = [...order, said]
    this.#branches[at] = grown
    return order === this.#followed ? this.#follow(grown, [said]) : persistOf({ entries: [said] })
  }

  #merge(order: readonly SignedEntry[], head: SignedEntry): Persist {
    const known = new Set(order)
    const other = this.#branches.find((one) => one.some((entry) => !known.has(entry)))
    const tip = other?.at(-1)
    if (other === undefined || tip === undefined) return persistOf({})
    const merged = this.story.merge(head, [tip])
    const whole = [...order, ...other.filter((entry) => !known.has(entry)), merged]
    this.#branches[this.#branches.indexOf(order)] = whole
    return this.#follow(whole, [merged])
  }

  #follow(order: readonly SignedEntry[], entries: readonly SignedEntry[]): Persist {
    const before = this.#followed
    const differs = order.findIndex((entry, at) => entry !== before[at])
    const from = differs === -1 ? order.length : differs
    this.#followed = order
    return persistOf({ entries, order: retold(order, from) })
  }
}

export const twinContract = (makeFolder: () => Folder, runs: number): void => {
  describe('whatever happens', () => {
    it('tells the same as its dumb twin', () => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
          const folder = makeFolder()
          let store = folder.open()
          try {
            const play = new Play()
            const twin = new DumbTwin()
            let group = store.createGroup(play.story.group, 'lobby')
            const apply = (persist: Persist): void => {
              group.apply(persist)
              twin.apply(persist)
            }
            apply(play.start())
            for (const one of actions) {
              if (one.act === 'reopen') {
                store.close()
                store = folder.open()
                group = store.createGroup(play.story.group, 'lobby')
              } else apply(play.next(one))
            }
            expect(tellingOf(group, twin)).toEqual(twin.telling())
          } finally {
            store.close()
            folder.remove()
          }
        }),
        { numRuns: runs },
      )
    })
  })
}
