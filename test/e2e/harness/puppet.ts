/**
 * A member with a mind of its own, in the process of the test: key, links and protocol are the real
 * ones, but all that it hears is kept, what it sends can be replaced, and it says what it is told.
 */
import { onTestFinished } from 'vitest'

import { append, type Draft } from '../../../src/core/appending.ts'
import { batchText, inviteText } from '../../../src/core/entry-codec.ts'
import type { AuthorBatch, Content, SignedEntry } from '../../../src/core/entry.ts'
import { signEntry } from '../../../src/core/founding.ts'
import { millis, type GroupId, type NodeId, type Signature } from '../../../src/core/ids.ts'
import { clockAfter } from '../../../src/core/lamport-clock.ts'
import type { Packet, PacketKind } from '../../../src/core/packet.ts'
import { Replica } from '../../../src/core/replica.ts'
import type { Leader } from '../../../src/core/role.ts'
import { Identity, newInstanceId } from '../../../src/crypto/identity.ts'
import { messageIds } from '../../../src/crypto/message-ids.ts'
import { nodeCrypto } from '../../../src/crypto/node-crypto.ts'
import { GroupDriver } from '../../../src/node/driver.ts'
import { AddressBook } from '../../../src/node/links/address-book.ts'
import { PeerLinks } from '../../../src/node/links/peer-links.ts'
import { configOf } from '../../../src/node/options.ts'
import { startRpcServer } from '../../../src/rpc/http-server.ts'
import { MethodTable } from '../../../src/rpc/method-table.ts'
import { encodePacket } from '../../../src/rpc/peer-codec.ts'
import { spokenVersions } from '../../../src/rpc/protocol-version.ts'
import { tlsSecurity } from '../../../src/rpc/tls-security.ts'
import { MemoryGroup } from '../../../src/store/memory-group.ts'
import type { Member } from './scene.ts'
import { until } from './until.ts'

export interface PuppetOptions {
  readonly group: string
  readonly name: string
  /** Real members that it knows and asks to be let in. */
  readonly via: readonly Member[]
  /** The key of the invite that it comes with. */
  readonly invite?: Identity
  readonly heartbeatMs?: number
}

type OfKind<K extends PacketKind> = Extract<Packet, { readonly kind: K }>

export const idOf = ({ ready }: Member): NodeId => ready.id as NodeId

export const said = (text: string): Content => ({ kind: 'text', text, ref: '' })

export class Puppet {
  readonly identity = Identity.generate()
  readonly instance = newInstanceId()
  readonly crypto = nodeCrypto(this.identity)
  readonly heard: { readonly from: NodeId; readonly packet: Packet }[] = []
  readonly group: GroupId
  /** What is sent to somebody instead of a packet; null for nothing. */
  tamper: (to: NodeId, packet: Packet) => Packet | null = (_to, packet) => packet
  /** What it acts on of what it hears. */
  heeds: (packet: Packet) => boolean = () => true
  /** Dials again when a link was closed. */
  redials = true
  readonly #options: PuppetOptions
  readonly #addresses: string[] = []
  readonly #links: PeerLinks
  #driver: GroupDriver | null = null

  private constructor(options: PuppetOptions) {
    this.#options = options
    this.group = options.group as GroupId
    const { name, via } = options
    const { id, instance } = this
    const book = new AddressBook()
    for (const member of via) book.learn(idOf(member), [member.ready.listen])
    const addresses = this.#addresses
    this.#links = new PeerLinks({
      book,
      own: () => ({ id, name, instance, ...spokenVersions(), addresses }),
      security: tlsSecurity(this.identity.tlsPair()),
      onPacket: (envelope) => {
        const { from, packet } = envelope
        this.heard.push({ from, packet })
        // What came by a way around counts as what it is.
        if (packet.kind === 'relay') this.heard.push({ from: packet.origin, packet: packet.packet })
        if (this.heeds(packet)) this.#driver?.receive(envelope)
      },
      onRefused: (peer) => this.#driver?.input({ type: 'refused', peer }),
      isWanted: () => this.redials,
      invokeFor: (context) => noMethods.invokeFor(context),
    })
  }

  /** Comes in the way everybody does, and is gone when the test ends. */
  static async join(options: PuppetOptions): Promise<Puppet> {
    const puppet = await Puppet.come(options)
    await until(`${options.name} is in`, () => puppet.replica.inView(puppet.id))
    return puppet
  }

  /** Asks to be let in. */
  static async come(options: PuppetOptions): Promise<Puppet> {
    const puppet = new Puppet(options)
    const server = await startRpcServer({
      listen: '127.0.0.1:0',
      table: noMethods,
      about: 'somebody hostile',
      security: tlsSecurity(puppet.identity.tlsPair()),
      onLink: (link) => puppet.#links.accept(link),
    })
    onTestFinished(async () => {
      puppet.vanish()
      await server.close()
    })
    puppet.#addresses.push(server.listen)
    puppet.#run()
    return puppet
  }

  get id(): NodeId {
    return this.identity.id
  }

  get replica(): Replica {
    const replica = this.#driver?.replica ?? null
    if (replica === null) throw new Error(`${this.#options.name} does not run`)
    return replica
  }

  get leading(): Leader {
    const { role } = this.replica
    if (role.name !== 'leader') throw new Error(`${this.#options.name} does not lead`)
    return role
  }

  /** From one moment to the next it is gone. */
  vanish(): void {
    this.#driver?.stop()
    this.#links.destroy()
  }

  isLinked(to: NodeId): boolean {
    return this.#links.isLinked(to)
  }

  tell(to: NodeId, packet: Packet): void {
    const { group, id: from, instance } = this
    const frame = Buffer.from(encodePacket({ group, from, instance, packet }))
    this.#links.send([to], frame, false)
  }

  /** The first packet of a kind, from whomever, that comes after this one was sent, and will do. */
  async ask<K extends PacketKind>(
    to: NodeId,
    packet: Packet,
    kind: K,
    willDo: (answer: OfKind<K>) => boolean = () => true,
  ): Promise<OfKind<K>> {
    const before = this.heard.length
    this.tell(to, packet)
    return until(`${kind} answers ${packet.kind}`, () => {
      const fresh = this.heard.slice(before).map((one) => one.packet)
      return fresh.find((one): one is OfKind<K> => one.kind === kind && willDo(one as OfKind<K>))
    })
  }

  /** Texts of all messages that it was sent in packets from number `from` on. */
  textsHeard(from = 0): readonly string[] {
    return this.heard
      .slice(from)
      .flatMap(({ packet }) => ('entries' in packet ? packet.entries : []))
      .flatMap(({ entry }) => (entry.kind === 'message' ? entry.body.items : []))
      .map(({ content }) => content.text)
  }

  /** Something said in the name of an author, in a run of its own, and signed by this one. */
  batch(
    kind: 'message' | 'roster',
    content: Content,
    author = this.id,
    signer: Identity = this.identity,
  ): AuthorBatch {
    const session = newInstanceId()
    const after = this.replica.headHash()
    if (after === null) throw new Error('there is no history')
    const items = [{ id: messageIds(session)(), sentAt: Date.now(), content }]
    const unsigned = { author, session, aseq: 1, after, items, sig: '' as Signature }
    return { ...unsigned, sig: signer.sign(batchText(this.group, kind, unsigned)) }
  }

  /** As leader: what would come next in its term, told to nobody. */
  forge(draft: Draft, clockAhead = 0): SignedEntry {
    const { history, crypto, group } = this.replica
    const { term } = this.leading
    const { last, lastHash: prev, lastClock } = history.log.term(term)
    const clock = clockAfter([lastClock]) + clockAhead
    return signEntry(crypto, { group, prev, term, seq: last + 1, clock, ...draft })
  }

  /** As leader: adds to its term what no honest one would. */
  sequence(draft: Draft): void {
    append(this.replica, this.leading, [draft])
    this.#driver?.input({ type: 'tick' })
  }

  #run(): void {
    const { name, via, invite, heartbeatMs } = this.#options
    const { id, group, crypto, instance } = this
    const proof =
      invite === undefined ? null : { invite: invite.id, sig: invite.sign(inviteText(group, id)) }
    const disk = new MemoryGroup(group)
    const replica = new Replica({
      config: configOf({
        dataDir: '',
        name,
        ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      }),
      crypto,
      self: { id, name, addresses: this.#addresses },
      instance,
      seed: 7,
      reader: disk,
      start: { how: 'join', group, via: via.map(idOf), proof },
      now: millis(performance.now()),
    })
    this.#driver = new GroupDriver({
      replica,
      revive: () => replica,
      apply: (persist) => disk.apply(persist),
      send: (_replica, to, packet) => {
        for (const one of to) {
          const sent = this.tamper(one, packet)
          if (sent !== null) this.tell(one, sent)
        }
      },
      isLinked: (node) => this.#links.isLinked(node),
      onFault: (_error, thrown) => {
        throw thrown
      },
      probe: nothing,
      onPersisted: nothing,
      onEvent: nothing,
      onStepped: nothing,
      onRecovered: nothing,
    })
    this.#driver.start()
  }
}

const nothing = (): void => {}
const noMethods = new MethodTable({ title: 'hostile', version: '1' })
