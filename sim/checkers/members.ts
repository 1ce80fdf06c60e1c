/**
 * S5, S14 to S17: what a head says of order, messages, members, roles and view is what the
 * definitions say; nobody serves or shows what a ban forbids; nobody is told to be in before it is
 * on disk.
 */
import type { Hash, NodeId } from '../../src/core/ids.ts'
import type { Packet } from '../../src/core/packet.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import { keyOf, type Checker } from './checker.ts'
import { DumbGroup, dumbOrder, type DumbStep } from './dumb-history.ts'

/** Not sent to somebody who is banned in the sender's history. */
const servingKinds: ReadonlySet<Packet['kind']> = new Set([
  'heartbeat',
  'append',
  'hand_on',
  'stored',
  'entries',
  'vote',
  'coordinator',
  'handover',
  'joined',
  'redirect',
])

export class MembersChecker implements Checker {
  readonly name = 'S5 S14 S15 S16 S17 members'
  #world: World | null = null
  /** Whom the node that steps now had banned before. */
  #banned: ReadonlySet<NodeId> = new Set()

  begin(world: World): void {
    this.#world = world
  }

  /**
   * What a node does in the very step in which it hears of a ban, it may have begun before. Who is
   * out itself has no say in who is.
   */
  beforeStep(_node: SimNode, replica: Replica): void {
    const { banned } = replica.history.state.roster
    this.#banned = new Set(replica.onRoster(replica.id) ? banned : [])
  }

  onPacket(from: SimNode, to: SimNode, packet: Packet): void {
    const { replica } = from
    if (replica === null) return
    if (packet.kind === 'joined') this.#checkJoined(from, replica, to, packet.number)
    const banned = this.#banned
    if (banned.size === 0 || !banned.has(to.id) || !servingKinds.has(packet.kind)) return
    if (packet.kind === 'append' && tellsOfRemoval(packet, to)) return
    this.#world?.fail(`S15 ${from.id} sends ${packet.kind} to ${to.id}, which is banned`)
  }

  /** Who is told to be in, is so on the disk of whoever says it. */
  #checkJoined(from: SimNode, replica: Replica, to: SimNode, number: number): void {
    const { head, state } = replica.history
    const isSaid = state.view.members.some((one) => one.id === to.id && one.number === number)
    const isStored = head !== null && (from.disk?.entryAt(head) ?? null) !== null
    if (!isSaid || !isStored)
      this.#world?.fail(`S4 ${from.id} welcomes ${to.id} before that is on its disk`)
  }

  onHeal(world: World): void {
    this.atEnd(world)
  }

  /** Everything from scratch: once for each head that somebody follows. */
  atEnd(world: World): void {
    const known = new Map<Hash, string>()
    for (const node of world.nodes) {
      const head = node.replica?.history.head ?? null
      if (node.replica === null || head === null) continue
      const said = describe(node, node.replica)
      const right = known.get(head.hash) ?? fromScratch(world, node, head.hash)
      known.set(head.hash, right)
      if (said === right) continue
      let at = 0
      while (said[at] === right[at]) at += 1
      const part = (text: string): string => text.slice(Math.max(0, at - 40), at + 60)
      world.fail(`S14 ${node.id} has it otherwise: ${part(said)} / ${part(right)}`)
    }
  }
}

/** The last thing that somebody who is put out is sent is that. */
const tellsOfRemoval = (packet: Extract<Packet, { kind: 'append' }>, to: SimNode): boolean =>
  packet.entries.some(
    ({ entry }) =>
      entry.kind === 'merge' ||
      (entry.kind === 'roster' && entry.body.items.some((item) => item.content.ref === to.id)),
  )

/** The state in words, the same for both who are compared. */
const inWords = (
  order: readonly string[],
  shown: readonly string[],
  ranks: readonly string[],
  banned: readonly string[],
  view: readonly { readonly id: string; readonly number: number }[],
): string =>
  [
    view.map(({ id, number }) => `${id}=${number}`).join(' '),
    ranks.toSorted().join(' '),
    banned.toSorted().join(' '),
    shown.join(','),
    order.join(','),
  ].join('\n')

const describe = (node: SimNode, replica: Replica): string => {
  const { state } = replica.history
  const { disk } = node
  const order = disk?.ordered(0, disk.orderLength()) ?? []
  const shown = disk?.messages({ from: 1, limit: Number.MAX_SAFE_INTEGER }) ?? []
  return inWords(
    order.map(({ item, signed }) => `${signed.hash}${item.main ? '' : '*'}`),
    shown.map(({ author, id, folded }) => `${keyOf(author, id)}${folded ? ' folded' : ''}`),
    [...state.roster.members].map(([id, { role }]) => `${id}:${role}`),
    [...state.roster.banned],
    state.view.members,
  )
}

const fromScratch = (world: World, node: SimNode, head: Hash): string => {
  const { disk } = node
  const steps = dumbOrder(head, (hash) => {
    const place = disk?.placeOf(hash) ?? null
    const signed = place === null ? null : (disk?.entryAt(place) ?? null)
    return signed ?? world.fail(`S4 ${node.id} lacks ${hash}, which its head contains`)
  })
  const group = new DumbGroup()
  for (const step of steps) group.add(step)
  const [gap] = group.gaps
  if (gap !== undefined) world.fail(`S7 ${gap} is sequenced before what its author wrote earlier`)
  for (const [key, { uses, used }] of group.invites)
    if (used > uses && world.policy === 'invite')
      world.fail(`S16 invite ${key}: ${used} of ${uses}`)
  return inWords(
    steps.map(({ signed, main }: DumbStep) => `${signed.hash}${main ? '' : '*'}`),
    group.shown,
    [...group.rank].map(([id, rank]) => `${id}:${rank}`),
    [...group.banned],
    group.view,
  )
}
