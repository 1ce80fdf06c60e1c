/** All groups of one node: which there are, how they begin and end, and which packet is whose. */
import { randomBytes, randomInt } from 'node:crypto'

import { claimsOf, type Claim } from '../core/admission.ts'
import type { AdmissionProof, GroupSettings } from '../core/entry.ts'
import { millis, type GroupId, type NodeId } from '../core/ids.ts'
import type { Envelope } from '../core/packet.ts'
import { Replica, type Start } from '../core/replica.ts'
import { newInstanceId } from '../crypto/identity.ts'
import type { NdsClient } from '../nds/client.ts'
import type { LeaseView } from '../nds/lease.ts'
import { ParleyError } from '../rpc/errors.ts'
import { MemoryGroup } from '../store/memory-group.ts'
import type { RememberedGroup } from '../store/remembered.ts'
import type { GroupStore } from '../store/store.ts'
import type { NodeContext } from './context.ts'
import { toFault } from './driver.ts'
import { contactsOf } from './mending.ts'
import { ForwardingReader } from './forwarding-reader.ts'
import { isSameName } from './join-target.ts'
import { LeaseKeeper, leaseOf } from './lease-keeper.ts'
import { Network } from './network.ts'

export interface GroupsOptions {
  readonly context: NodeContext
  readonly nds: NdsClient
}

/** How long a discovery service may take to say that a name is taken. */
const CREATE_MS = 1_500
const RELEASE_MS = 300
const SHORTEST_PREFIX = 4
/** Members of a group that are remembered beside the database. */
const CONTACTS = 64

/** What reading or writing the disk throws, as callers see it. */
const onDisk = <T>(work: () => T): T => {
  try {
    return work()
  } catch (thrown) {
    throw toFault(thrown)
  }
}

const within = <T>(work: Promise<T>, ms: number): Promise<T | null> =>
  Promise.race([work, new Promise<null>((resolve) => setTimeout(() => resolve(null), ms).unref())])

export class Groups {
  readonly #options: GroupsOptions
  readonly #context: NodeContext
  readonly #networks = new Map<GroupId, Network>()
  readonly #keepers = new Map<GroupId, LeaseKeeper>()
  /** Told the code of each fault of a group. */
  onTrouble: (code: string) => void = () => {}

  constructor(options: GroupsOptions) {
    this.#options = options
    this.#context = options.context
  }

  /** Those of this run and those that were left, in the order in which they came to this node. */
  all(): readonly Network[] {
    return [...this.#networks.values()]
  }

  joined(): readonly Network[] {
    return this.all().filter((network) => network.isJoined)
  }

  get(id: GroupId): Network | null {
    return this.#networks.get(id) ?? null
  }

  /**
   * By name, id or the beginning of the id; those that were left only if no other fits. Throws
   * NETWORK_NOT_FOUND, or USAGE if several fit.
   */
  find(text: string): Network {
    for (const networks of [this.joined(), this.all().filter((one) => !one.isJoined)]) {
      const exact = networks.find(({ id }) => id === text)
      if (exact !== undefined) return exact
      const named = networks.filter(({ name }) => isSameName(name, text))
      const isPrefix = text.length >= SHORTEST_PREFIX
      const fits =
        named.length > 0 || !isPrefix ? named : networks.filter(({ id }) => id.startsWith(text))
      if (fits.length > 1) {
        const ids = fits.map(({ id }) => id.slice(0, 8)).join(', ')
        throw new ParleyError('USAGE', `Several networks fit ${text}`, {
          hint: `Name its id: ${ids}`,
        })
      }
      if (fits[0] !== undefined) return fits[0]
    }
    throw new ParleyError('NETWORK_NOT_FOUND', `This node is in no network ${JSON.stringify(text)}`)
  }

  /** Takes up all groups of the store again, the left ones for reading only. */
  resume(): void {
    const { store } = this.#context
    for (const { id, name, left } of store.groups()) {
      const group = store.openGroup(id)
      if (group === null) continue
      if (group.entryCount() === 0 && contactsOf(store, id) === null) {
        // A join that came to nothing.
        store.removeGroup(id)
        continue
      }
      const network = this.#open(group, name)
      if (!left) this.#launch(network, { how: 'resume', group: id })
    }
  }

  /**
   * Founds a group. Rejects with NAME_TAKEN if a discovery service says so, or with what the disk
   * says; then there is nothing of it.
   */
  async found(name: string, settings: GroupSettings): Promise<Network> {
    const { context } = this.#options
    const reader = new ForwardingReader(new MemoryGroup('' as GroupId))
    const nonce = randomBytes(12).toString('base64url')
    const first = this.#replica(reader, {
      how: 'found',
      name,
      settings,
      createdAt: Date.now(),
      nonce,
    })
    const { group: id, role } = first
    if (role.name !== 'leader') throw new ParleyError('INTERNAL')
    const creation = this.#options.nds.create({
      group: id,
      name,
      leader: { id: context.id, name: context.name },
      addresses: [...context.addresses()],
      term: role.term,
      claim: { live: 1, number: 0 },
      listed: settings.listed,
      issuedAt: Date.now(),
    })
    const registered = await within(creation, CREATE_MS)
    if (registered !== null && registered.error !== null) throw registered.error
    const group = onDisk(() => context.store.createGroup(id, name))
    reader.target = group
    const network = this.#open(group, name)
    this.#keepers.get(id)?.onCreated(role.term)
    this.#launch(network, { how: 'resume', group: id }, first)
    const { fault } = network
    if (fault !== null) {
      this.#forget(network, fault)
      throw fault
    }
    return network
  }

  /** Asks to be let into a group that others have; the caller waits for what comes of it. */
  enter(
    id: GroupId,
    name: string,
    via: readonly NodeId[],
    proof: AdmissionProof | null = null,
  ): Network {
    const { store } = this.#context
    const known = this.get(id)
    if (known !== null && known.isJoined) {
      known.driver?.input({ type: 'hint', peers: via })
      return known
    }
    const network =
      known ??
      this.#open(
        onDisk(() => store.createGroup(id, name)),
        name,
      )
    if (known !== null) onDisk(() => store.updateGroup(id, { left: false }))
    this.#launch(network, { how: 'join', group: id, via, proof })
    // A history that is here from before does not ask those it is told of by itself.
    if (known !== null) network.driver?.input({ type: 'hint', peers: via })
    return network
  }

  /** Gives up a join; what came of the history is kept, and so is the wish to be in. */
  giveUp(network: Network, error: ParleyError): void {
    if (network.store.entryCount() === 0) this.#forget(network, error)
  }

  async leave(network: Network): Promise<void> {
    network.records.setPutOut(null)
    await network.leave()
    onDisk(() => this.#context.store.updateGroup(network.id, { left: true }))
  }

  /** Takes leave of all groups without giving them up: within two and a half seconds. */
  async stop(): Promise<void> {
    await Promise.all(this.joined().map((network) => this.#stopOne(network)))
  }

  /** What would be needed to find the groups again, if nothing else were left. */
  remembered(): readonly RememberedGroup[] {
    const { id: self, book } = this.#context
    return this.all().map(({ id, name, isJoined, state }) => {
      const others = [...state.roster.members].filter(([node]) => node !== self).slice(0, CONTACTS)
      const contacts = others.map(([node, { card }]) => [
        node,
        [...new Set([...book.of(node), ...card.addresses])],
      ])
      return { id, name, left: !isJoined, contacts: Object.fromEntries(contacts) }
    })
  }

  /** Stops all groups for a while, because the stored data is not to be used now. */
  pause(fault: ParleyError): void {
    for (const network of this.joined()) network.driver?.pause(fault)
  }

  /** Goes on with what the disk has now, which may be less than before. */
  resumeAll(): void {
    for (const network of this.all()) network.reload()
  }

  /** Ends everything at once, as if the process had died. */
  destroy(): void {
    for (const network of this.all()) network.end(new ParleyError('INTERRUPTED'))
    for (const keeper of this.#keepers.values()) void keeper.close(null)
  }

  receive(envelope: Envelope): void {
    this.#context.witness.onPacket?.(envelope)
    const network = this.#networks.get(envelope.group)
    if (network === undefined) return
    network.onPacket(envelope.packet)
    const claims = this.#pageClaims(network, envelope)
    const { signatures } = this.#context
    if (signatures?.takes(claims.length) !== true) network.driver?.receive(envelope)
    else void signatures.check(claims).then(() => network.driver?.receive(envelope))
  }

  /** What is signed in a page of history that was asked for; others are not worth the trouble. */
  #pageClaims({ replica }: Network, { from, packet }: Envelope): readonly Claim[] {
    if (packet.kind !== 'entries' || replica?.fetching.has(from) !== true) return []
    const { terms } = replica.history.log
    return claimsOf(replica.group, packet.entries, (term) => terms.get(term)?.leader)
  }

  /** Hands over a packet and resolves to what goes back to its sender. */
  async exchange(envelope: Envelope): Promise<Envelope[]> {
    const network = this.get(envelope.group)
    const { driver = null, replica = null } = network ?? {}
    this.#context.witness.onPacket?.(envelope)
    if (driver === null) throw new ParleyError('NETWORK_NOT_FOUND')
    network?.onPacket(envelope.packet)
    const packets = await driver.exchange(envelope)
    const { group } = envelope
    const instance = replica?.instance ?? newInstanceId()
    return packets.map((packet) => ({ group, from: this.#context.id, instance, packet }))
  }

  refused(peer: NodeId): void {
    for (const network of this.joined())
      if (this.#concerns(network, peer)) network.driver?.input({ type: 'refused', peer })
  }

  /** Is the node in a group of this one's, as far as known? */
  isWanted(peer: NodeId): boolean {
    return this.joined().some((network) => this.#concerns(network, peer))
  }

  /** Was the node put out of a group of this one's, and is it in no other? */
  isBarred(peer: NodeId): boolean {
    const isOut = this.joined().some(({ state: { roster } }) => {
      return roster.removals.has(peer) || roster.banned.has(peer)
    })
    return isOut && !this.isWanted(peer)
  }

  #concerns(network: Network, peer: NodeId): boolean {
    const { replica, state } = network
    return state.roster.members.has(peer) || replica?.role.name === 'joining'
  }

  #open(store: GroupStore, name: string): Network {
    const network: Network = new Network({
      context: this.#context,
      store,
      name,
      onLeadership: () => this.#keepers.get(network.id)?.update(),
      onRemoved: (code) => this.#onRemoved(network, code),
      onTrouble: (code) => this.onTrouble(code),
    })
    this.#networks.set(network.id, network)
    const onOthers = (leases: readonly LeaseView[]): void => this.#onOthers(network, leases)
    this.#keepers.set(network.id, new LeaseKeeper(network, this.#options.nds, onOthers))
    return network
  }

  #launch(network: Network, start: Start, first: Replica | null = null): void {
    const { id, store } = network
    // Who asks to be let in again does so even where there is history from before.
    let isAsking = start.how === 'join'
    network.launch({
      first,
      isInvited: start.how === 'join' && start.proof !== null,
      revive: () => {
        const isAnew = isAsking
        isAsking = false
        if (isAnew) return this.#replica(store, start)
        if (store.orderLength() > 0) return this.#replica(store, { how: 'resume', group: id })
        return this.#replica(store, this.#freshStart(id, start))
      },
    })
  }

  /** Without any history: as it began, or by asking whomever a repair has found named. */
  #freshStart(id: GroupId, start: Start): Start {
    if (start.how === 'join') return start
    const contacts = contactsOf(this.#context.store, id)
    if (contacts === null) return { how: 'resume', group: id }
    const via = [...contacts.keys()].filter((node) => node !== this.#context.id)
    for (const node of via) this.#context.book.learn(node, contacts.get(node) ?? [])
    return { how: 'join', group: id, via, proof: null }
  }

  /** Every replica has a nonce of its own: one that follows a fault is another run of the group. */
  #replica(reader: ForwardingReader | GroupStore, start: Start): Replica {
    const { context } = this.#options
    const { id, name, config, crypto } = context
    return new Replica({
      config,
      crypto,
      self: { id, name, addresses: [...context.addresses()] },
      instance: newInstanceId(),
      seed: randomInt(2 ** 32),
      reader,
      start,
      now: millis(performance.now()),
    })
  }

  #onOthers(network: Network, leases: readonly LeaseView[]): void {
    const peers = leases.map(({ leader }) => leader.id).filter((id) => id !== this.#context.id)
    for (const { leader, addresses } of leases) this.#context.book.learn(leader.id, addresses)
    if (peers.length > 0) network.driver?.input({ type: 'hint', peers })
  }

  /** Not before the step that told of it is over. */
  #onRemoved(network: Network, code: string): void {
    setImmediate(() => {
      if (!network.isJoined) return
      network.end(network.gone ?? new ParleyError('NOT_A_MEMBER', `No longer a member: ${code}`))
      try {
        this.#context.store.updateGroup(network.id, { left: true })
      } catch (thrown) {
        this.#context.log('warn', 'not remembered', { network: network.id, error: String(thrown) })
      }
    })
  }

  #forget(network: Network, error: ParleyError): void {
    network.end(error)
    void this.#keepers.get(network.id)?.close(null)
    this.#keepers.delete(network.id)
    this.#networks.delete(network.id)
    try {
      this.#context.store.removeGroup(network.id)
    } catch (thrown) {
      this.#context.log('warn', 'not forgotten', { network: network.id, error: String(thrown) })
    }
  }

  async #stopOne(network: Network): Promise<void> {
    const lease = leaseOf(network, this.#context.addresses())
    const isLast = lease !== null && lease.claim.live === 1
    await network.leave()
    const closing = this.#keepers.get(network.id)?.close(isLast ? lease : null)
    if (closing !== undefined) await within(closing, RELEASE_MS)
  }
}
