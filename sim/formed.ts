/**
 * A large group without the story of how it came together: the first member's genesis entry and
 * term, then everybody else activated in it, a hundred to an entry, and that history on every disk.
 * (A thousand real joins take minutes of computing, ten thousand most of a day.)
 */
import type { Persist } from '../src/core/effect.ts'
import type { Entry, EntryKind, Bodies, SignedEntry } from '../src/core/entry.ts'
import { termOf } from '../src/core/entry.ts'
import { cardOf, genesisOf, groupOf, signEntry } from '../src/core/founding.ts'
import { emptyState, foldEntry, stateToData } from '../src/core/group-state.ts'
import type { GroupId, InstanceId } from '../src/core/ids.ts'
import { limits } from '../src/core/limits.ts'
import { MemoryGroup } from '../src/store/memory-group.ts'
import type { Checker } from './checkers/checker.ts'
import { noFaults } from './faults.ts'
import { createSimCrypto } from './sim-crypto.ts'
import { World, type SimNode } from './world.ts'

const instanceOfFounder = '0'.repeat(32) as InstanceId

const selfOf = ({ id }: SimNode) => ({ id, name: id, addresses: [`${id}:1`] })

/** Appends an entry of this kind to a history that one member writes alone. */
const extend = <K extends EntryKind>(
  entries: SignedEntry[],
  founder: SimNode,
  kind: K,
  body: Bodies[K],
): void => {
  const last = entries.at(-1)
  const [genesis] = entries
  if (last === undefined || genesis === undefined) return
  const isOpen = kind === 'open'
  const entry = {
    group: groupOf(genesis),
    prev: last.hash,
    term: isOpen ? '' : termOf(last),
    seq: isOpen ? 0 : last.entry.seq + 1,
    clock: last.entry.clock + 1,
    kind,
    body,
  } as unknown as Entry
  entries.push(signEntry(createSimCrypto(founder.id), entry))
}

const historyOf = (nodes: readonly SimNode[]): readonly SignedEntry[] => {
  const [founder, ...others] = nodes
  if (founder === undefined) throw new Error('a group has members')
  const settings = { policy: 'open', listed: true } as const
  const founding = { name: 'sim', settings, createdAt: 0, nonce: 'n' }
  const genesis = genesisOf(createSimCrypto(founder.id), selfOf(founder), founding)
  const entries: SignedEntry[] = [genesis]
  const opening = { counter: 1, leader: founder.id, instance: instanceOfFounder, nonce: '0' }
  extend(entries, founder, 'open', { ...opening, gone: [], back: [] })
  for (let at = 0; at < others.length; at += limits.membersPerEntry) {
    const members = others.slice(at, at + limits.membersPerEntry).map((node) => ({
      card: cardOf(createSimCrypto(node.id), selfOf(node), groupOf(genesis)),
      proof: null,
    }))
    extend(entries, founder, 'activate', { members })
  }
  return entries
}

/** One transaction that writes all of it, with a snapshot at its end, which all disks share. */
const persistOf = (entries: readonly SignedEntry[]): Persist => {
  const state = emptyState()
  for (const signed of entries) foldEntry(state, signed, true)
  const items = entries.map((signed) => ({
    term: termOf(signed),
    seq: signed.entry.seq,
    main: true,
  }))
  return {
    type: 'persist',
    entries,
    order: { from: 0, fromPosition: 1, items, visible: [] },
    outbox: [],
    snapshot: { index: entries.length, state: stateToData(state) },
  }
}

/** So many machines with the same history on their disks, none of them running yet. */
export const formed = (size: number, seed: number, checkers: readonly Checker[] = []): World => {
  const world = new World({ seed, checkers, faults: { ...noFaults, delayMs: 1 } })
  for (let index = 0; index < size; index += 1) world.addNode()
  const entries = historyOf(world.nodes)
  const group = entries[0]?.hash as string as GroupId
  world.group = group
  const disk = new MemoryGroup(group)
  disk.apply(persistOf(entries))
  for (const node of world.nodes) node.disk = disk.clone()
  return world
}
