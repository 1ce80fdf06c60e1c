/** Puts a node together and starts it. */
import { userInfo } from 'node:os'

import type { NodeId, Signature } from '../core/ids.ts'
import { newInstanceId, type Identity } from '../crypto/identity.ts'
import { CheckedSignatures } from '../crypto/checked-signatures.ts'
import { nodeCrypto, verifySignature } from '../crypto/node-crypto.ts'
import { NdsClient } from '../nds/client.ts'
import { KnownHosts } from '../nds/known-hosts.ts'
import { verifyBySignature } from '../nds/lease.ts'
import { ParleyError } from '../rpc/errors.ts'
import { RpcClient } from '../rpc/http-client.ts'
import { startRpcServer } from '../rpc/http-server.ts'
import type { Hello } from '../rpc/peer-methods.ts'
import { spokenVersions } from '../rpc/protocol-version.ts'
import type { PeerSecurity } from '../rpc/security.ts'
import { tlsSecurity } from '../rpc/tls-security.ts'
import { SqliteStore } from '../store/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import type { NodeEvent } from './api.ts'
import type { NodeContext, NodeLog } from './context.ts'
import { toFault } from './driver.ts'
import { Finder } from './finder.ts'
import { Caretaker } from './caretaker.ts'
import { Groups } from './groups.ts'
import { Place } from './discovery/place.ts'
import { AddressBook, PeerLinks, type PeerLinksOptions } from './links/index.ts'
import { listenAt } from './listening.ts'
import { LookAround } from './look-around.ts'
import { MessageLog } from './message-way.ts'
import { mendFolder } from './mending.ts'
import { checkedName } from './node-name.ts'
import { nodeTable } from './node-table.ts'
import { openIdentity } from './open-identity.ts'
import { Operator } from './operator.ts'
import { SignaturePool } from './signature-pool.ts'
import { configOf, type NodeOptions } from './options.ts'
import { ChatNode } from './running-node.ts'
import { senderOf } from './sender.ts'
import { witnesses, type Witness } from './witness.ts'

const SAVE_MS = 2_000
const ABOUT = 'This is a Parley node: other nodes talk to it here, at POST /rpc.'

const nameFor = (given: string | undefined, store: Store): string => {
  const stored = store.getNodeMeta('name')
  const name = given ?? (typeof stored === 'string' ? stored : userInfo().username)
  if (checkedName(name) !== stored) store.setNodeMeta('name', name)
  return name
}

const openStore = (options: NodeOptions): Store => {
  try {
    return options.store ?? new SqliteStore(options.dataDir)
  } catch (thrown) {
    throw toFault(thrown)
  }
}

/** Tells all listeners; one that throws harms nobody else. */
const tellerOf =
  (listeners: ReadonlySet<(event: NodeEvent) => void>, witness: Witness, log: NodeLog) =>
  (event: NodeEvent): void => {
    witness.onEvent?.(event)
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (thrown) {
        log('error', 'listener failed', { event: event.event, error: String(thrown) })
      }
    }
  }

type OnFault = (what: string, thrown: unknown) => void

const faultLog =
  (log: NodeLog): OnFault =>
  (what, thrown) => {
    if (thrown instanceof ParleyError) log('debug', 'peer fault', { what, code: thrown.code })
    else log('error', 'fault', { what, error: thrown instanceof Error ? thrown.stack : thrown })
  }

const mismatchLog =
  (log: NodeLog) =>
  ({ message, hint, data }: ParleyError): void =>
    log('warn', 'version-mismatch', { message, hint, ...data })

/** The way to discovery services: with this node's key, and an eye on theirs. */
const discoveryOf = (
  { dataDir, nds = [] }: NodeOptions,
  identity: Identity,
  security: PeerSecurity,
  nearby: () => readonly string[],
  onFault: OnFault,
): { readonly rpc: RpcClient; readonly nds: NdsClient } => {
  const known = new KnownHosts(dataDir, onFault)
  const rpc = new RpcClient({ security, expect: (origin) => known.expect(origin) })
  const sign = (text: string): Signature => identity.sign(text)
  const verify = verifyBySignature(verifySignature)
  return { rpc, nds: new NdsClient({ urls: nds, nearby, rpc, sign, verify }) }
}

/** This node's key for signing, and threads that check what others have signed. */
const cryptoOf = (identity: Identity, onFault: OnFault) => {
  const checked = new CheckedSignatures()
  const signatures = new SignaturePool(checked, (thrown) => onFault('signature thread', thrown))
  return { crypto: nodeCrypto(identity, checked), signatures }
}

/** What is done now and then; returns what ends it. */
const startChores = (
  groups: Groups,
  caretaker: Caretaker,
  ...others: readonly { stop: () => void }[]
): (() => void) => {
  const saver = setInterval(() => {
    for (const network of groups.all()) network.records.saveReadMark()
    caretaker.remember()
  }, SAVE_MS)
  saver.unref()
  return () => {
    clearInterval(saver)
    caretaker.stop()
    for (const other of others) other.stop()
  }
}

/** Who this node is, and how it proves that. */
const personaOf = (options: NodeOptions, store: Store) => {
  const identity = openIdentity(options.dataDir, options.passphrase)
  const security = options.security ?? tlsSecurity(identity.tlsPair())
  return { identity, security, name: nameFor(options.name, store) }
}

/** Takes up what the disk has; if that fails, nothing stays open. */
const resumeAll = async (
  groups: Groups,
  links: PeerLinks,
  close: () => Promise<unknown>,
): Promise<void> => {
  try {
    groups.resume()
  } catch (thrown) {
    groups.destroy()
    links.destroy()
    await close()
    throw thrown
  }
}

/** What packets meet on their way in and out. */
const linksOf = (
  parts: Pick<PeerLinksOptions, 'book' | 'own' | 'security' | 'invokeFor' | 'onFault' | 'weather'>,
  groups: Groups,
  log: NodeLog,
): PeerLinks =>
  new PeerLinks({
    ...parts,
    onPacket: (envelope) => groups.receive(envelope),
    onRefused: (peer) => groups.refused(peer),
    isWanted: (peer) => groups.isWanted(peer),
    isBarred: (peer) => groups.isBarred(peer),
    onMismatch: mismatchLog(log),
  })

/** Everything but the open store, which is closed here if this fails. */
const assemble = async (options: NodeOptions, store: Store): Promise<ChatNode> => {
  const { peers = [], version = '0', weather, log = () => {} } = options
  const messageLog = new MessageLog()
  const witness = witnesses([messageLog, ...(options.witnesses ?? [])], log)
  const { identity, security, name } = personaOf(options, store)
  const { id } = identity
  witness.introduce?.(id, name)
  const listeners = new Set<(event: NodeEvent) => void>()
  const onFault = faultLog(log)
  const isWanted = (peer: NodeId): boolean => groups.isWanted(peer)
  const place = new Place({ node: options, links: () => links, isWanted, log })
  const { presence, reach } = place
  const addresses = (): readonly string[] => place.addresses()
  const self = { id, name, instance: newInstanceId(), ...spokenVersions(options.protocol) }
  const own = (): Hello => ({ ...self, addresses: [...addresses()] })
  const book = new AddressBook(addresses)
  const nearby = (): readonly string[] => presence.hood.services()
  const { rpc, nds } = discoveryOf(options, identity, security, nearby, onFault)
  const { crypto, signatures } = cryptoOf(identity, onFault)
  const context: NodeContext = {
    id,
    name,
    addresses,
    config: configOf(options),
    crypto,
    signatures,
    store,
    book,
    send: senderOf(id, () => links, witness),
    isLinked: (node) => links.isLinked(node),
    dropBarred: () => links.dropBarred(),
    lastHeardMs: (node) => links.lastHeardMs(node),
    emit: tellerOf(listeners, witness, log),
    isHeard: () => listeners.size > 0 || witness.onEvent !== undefined,
    log,
    witness,
    wallClock: () => Date.now() + (options.weather?.skewMs() ?? 0),
  }
  const groups = new Groups({ context, nds })
  const networks = () => groups.joined()
  const exchange = groups.exchange.bind(groups)
  const dialBack = reach.answer.bind(reach)
  const timesOf = messageLog.of.bind(messageLog)
  const table = nodeTable({ version, own, networks, exchange, dialBack, timesOf })
  const invokeFor = table.invokeFor.bind(table)
  const links = linksOf({ book, own, security, invokeFor, onFault, weather }, groups, log)
  const finder = new Finder({ self: id, nds, links, book, hood: presence.hood, peers })
  const onLink = links.accept.bind(links)
  const server = await listenAt(options, store, (listen) =>
    startRpcServer({ listen, table, about: ABOUT, security, onLink, onFault }),
  )
  place.open(server.listen)
  // Before anything is read: it is to hear of whatever goes wrong then.
  const caretaker = new Caretaker(context, groups)
  await resumeAll(groups, links, () => {
    place.stop()
    return Promise.all([server.close(), rpc.close()])
  })
  const operator = new Operator({ messageLog, context, groups, links, nds, caretaker, presence })
  const { lookAroundMs: everyMs } = options
  const around = new LookAround({ groups, finder, links, book, peers, everyMs })
  place.join({ self: id, groups: networks, around })
  const stopTimers = startChores(groups, caretaker, around, place, signatures)
  log('info', 'node started', { id, name, listen: server.listen })
  const parts = { context, groups, operator, links, finder, place, nds, rpc, server, listeners }
  return new ChatNode({ ...parts, stopTimers })
}

const startOnce = async (options: NodeOptions): Promise<ChatNode> => {
  const store = openStore(options)
  try {
    return await assemble(options, store)
  } catch (thrown) {
    store.close()
    throw thrown instanceof ParleyError ? thrown : toFault(thrown)
  }
}

/** Repairs the folder if damage is why a node could not start. */
const mend = ({ dataDir, store, log = () => {} }: NodeOptions, thrown: unknown): boolean => {
  try {
    return store === undefined && mendFolder(dataDir, thrown, log)
  } catch (fault) {
    throw toFault(fault)
  }
}

/**
 * Starts a node: identity and histories from its folder, its port, its groups. Stored data that is
 * damaged is repaired first. Rejects with ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, USAGE, or why the
 * folder cannot be used (STORAGE_…).
 */
export const startNode = async (options: NodeOptions): Promise<ChatNode> => {
  try {
    return await startOnce(options)
  } catch (thrown) {
    if (!mend(options, thrown)) throw thrown
    return startOnce(options)
  }
}
