/**
 * A member that has been taken over: with its key and all that it knows it says whatever may do
 * harm, until faults end. It is no core any more but a source of packets: old ones as they were,
 * old ones altered, and some made to deceive.
 */
import { batchText } from '../src/core/entry-codec.ts'
import type { AuthorBatch } from '../src/core/entry.ts'
import { signEntry } from '../src/core/founding.ts'
import type { Hash, InstanceId, MessageId, NodeId, Signature, TermId } from '../src/core/ids.ts'
import type { Packet } from '../src/core/packet.ts'
import { relayText } from '../src/core/packet-text.ts'
import type { Checker } from './checkers/checker.ts'
import { exponential } from './faults.ts'
import { anyOf, running } from './mischief.ts'
import { createSimCrypto } from './sim-crypto.ts'
import type { SimNode, World } from './world.ts'

/** Packets of others that it remembers. */
const remembered = 64

/** Sees all packets, as somebody on the wire would without encryption. */
export class Eavesdropper implements Checker {
  readonly name = 'eavesdropper'
  readonly packets: Packet[] = []
  #next = 0

  onPacket(_from: SimNode, _to: SimNode, packet: Packet): void {
    this.packets[this.#next] = packet
    this.#next = (this.#next + 1) % remembered
  }
}

/** Takes over one node, never the founder, and lets it act at random until `end`. */
export const takeOver = (world: World, meanMs: number, end: number): void => {
  const { prng } = world
  const heard = new Eavesdropper()
  world.at(world.now + (0.2 + 0.5 * prng.next()) * (end - world.now), () => {
    const node = anyOf(prng, running(world).slice(1))
    if (node === undefined || node.disk === null || world.hostile !== null) return
    world.checkers.push(heard)
    world.mark('fault hostile')
    world.note(node, 'is taken over')
    world.crash(node)
    world.hostile = node
    for (const checker of world.checkers) checker.onDiskLost?.(node)
    const act = (): void => {
      if (world.now >= end) return
      const to = anyOf(prng, running(world))
      const packet = anythingBad(world, node, heard.packets)
      if (to !== undefined && packet !== null) world.inject(node, to, packet)
      world.at(world.now + exponential(prng, meanMs), act)
    }
    act()
  })
}

const anythingBad = (world: World, node: SimNode, heard: readonly Packet[]): Packet | null => {
  const { prng } = world
  const old = anyOf(prng, heard)
  const kind = prng.next()
  if (old === undefined || kind > 0.5) return deceive(world, node)
  return kind > 0.15 ? altered(world, old) : old
}

/** Numbers that something may be off by, or beyond. */
const oddNumbers = [0, 1, -1, 7, 1_000, 1_000_000, 9_007_199_254_740_991]

/** The same packet with some of its values replaced by others that the gate lets through. */
const altered = (world: World, packet: Packet): Packet => {
  const { prng } = world
  const ids = world.nodes.map((node) => node.id as string)
  const hashes = knownHashes(world)
  return JSON.parse(
    JSON.stringify(packet, (name, value: unknown) => {
      if (name === 'kind' || name === 'step' || prng.next() < 0.8) return value
      if (typeof value === 'number') return oddNumber(world, name, value)
      if (typeof value === 'boolean') return !value
      if (typeof value !== 'string') return value
      if (ids.includes(value)) return anyOf(prng, ids)
      return hashes.includes(value as Hash) ? anyOf(prng, hashes) : value
    }),
  ) as Packet
}

/** A mark may be -1, nothing else. */
const oddNumber = ({ prng }: World, name: string, value: number): number => {
  const least = name === 'seq' && value < 0 ? -1 : 0
  const odd = anyOf(prng, oddNumbers) ?? 0
  return Math.max(least, Math.min(Number.MAX_SAFE_INTEGER, prng.next() < 0.5 ? odd : value + odd))
}

const knownHashes = (world: World): readonly Hash[] => {
  const heads = world.nodes.map(({ replica }) => replica?.history.head?.hash)
  const terms = world.nodes.map(({ replica }) => replica?.history.headTerm() as Hash | null)
  return [...heads, ...terms].filter((hash) => hash !== undefined && hash !== null)
}

/** Something that would be worth believing. */
const deceive = (world: World, node: SimNode): Packet | null => {
  const { prng, group } = world
  const after = anyOf(prng, knownHashes(world))
  const term = anyOf(prng, knownHashes(world)) as TermId | undefined
  const other = anyOf(prng, world.nodes)?.id
  if (group === null || after === undefined || term === undefined || other === undefined)
    return null
  const big = anyOf(prng, oddNumbers.slice(4)) ?? 0
  const leader = prng.next() < 0.6 ? node.id : other
  const claim = { term, leader: node.id, live: big, number: 0 }
  const summary = { head: null, tips: [], terms: [] }
  const turn = Math.floor(prng.next() * 11)
  switch (turn) {
    case 0:
      return {
        kind: 'send_message',
        batches: [{ kind: 'message', batch: fork(world, node, after) }],
      }
    case 1:
      return { kind: 'merge', step: { step: 'probe', term, leader, claim, answer: true } }
    case 2:
      return { kind: 'merge', step: { step: 'hello', claim, members: [other], summary } }
    case 3:
      return { kind: 'merge', step: { step: 'welcome', term, gaveUp: after as never, beat: big } }
    case 4: {
      const says = { answer: 'leader', term, leader, addresses: [], beat: big } as const
      return { kind: 'vote', round: Math.ceil(prng.next() * 4), says }
    }
    case 5:
      return { kind: 'election', round: big, term, beat: big }
    case 6:
      return { kind: 'turned_away', code: 'BANNED', retryMs: null, proof: null }
    case 7:
      return { kind: 'ack', term, seq: big }
    case 8:
      return forgedRelay(world, node, other)
    case 9:
      return usurp(world, node, after)
    default:
      return {
        kind: 'reach',
        table: [{ id: other, instance: node.instance, stamp: big, ageMs: 0, hears: [node.id] }],
        troubled: true,
      }
  }
}

/** Its own session told in ever different ways, under numbers that may or may not be next. */
const fork = (world: World, node: SimNode, after: Hash): AuthorBatch => {
  const { prng, group } = world
  const session = '0123456789abcdef0123456789abcdef' as InstanceId
  const aseq = 1 + Math.floor(prng.next() * 5)
  const id = `${aseq.toString(16).padStart(12, '0')}-${session.slice(0, 12)}` as MessageId
  const content = { kind: 'text', text: `lie ${prng.next()}`, ref: '' }
  const items = [{ id, sentAt: 0, content }]
  const batch = { author: node.id, session, aseq, after, items, sig: '' as Signature }
  const text = group === null ? '' : batchText(group, 'message', batch)
  return { ...batch, sig: createSimCrypto(node.id).sign(text) }
}

/** In the name of another, which cannot have signed it. */
const forgedRelay = (world: World, node: SimNode, origin: NodeId): Packet => {
  const to = anyOf(world.prng, running(world))?.id ?? node.id
  const unsigned = { origin, originInstance: node.instance, to, packet: { kind: 'leave_network' } }
  const relay = unsigned as Parameters<typeof relayText>[1]
  const sig = createSimCrypto(node.id).sign(relayText(world.group as never, relay))
  return { kind: 'relay', ...relay, path: [], trail: [], sig }
}

/** A term of its own, opened where it likes, with itself at the head. */
const usurp = (world: World, node: SimNode, prev: Hash): Packet | null => {
  const { prng, group } = world
  const parent = world.nodes
    .map(({ disk }) => {
      const place = disk?.placeOf(prev) ?? null
      return place === null ? null : (disk?.entryAt(place) ?? null)
    })
    .find((signed) => signed !== null)
  const replica = world.nodes.find((one) => one.replica?.history.head?.hash === prev)?.replica
  if (parent === undefined || parent === null || replica === null || replica === undefined)
    return null
  const counter = replica.history.state.counter + (prng.next() < 0.7 ? 1 : 5)
  const signed = signEntry(createSimCrypto(node.id), {
    group: group as never,
    prev,
    term: '',
    seq: 0,
    clock: parent.entry.clock + 1,
    kind: 'open',
    body: {
      counter,
      leader: node.id,
      instance: node.instance,
      nonce: `${prng.next()}`,
      gone: [],
      back: world.nodes.filter((one) => one !== node).map((one) => one.id),
    },
  })
  const term = signed.hash as string as TermId
  return { kind: 'coordinator', term, leader: node.id, entries: [signed], gaveUp: null }
}
