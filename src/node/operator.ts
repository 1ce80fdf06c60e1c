/** Operations that not everybody is entitled to, and questions about what this node knows. */
import { limits } from '../core/limits.ts'
import type { Content } from '../core/entry.ts'
import type { MessageId, NodeId } from '../core/ids.ts'
import { utf8Bytes } from '../core/sizes.ts'
import { newInviteKey } from '../crypto/invite-key.ts'
import type { NdsClient } from '../nds/client.ts'
import { isPrintableName } from '../nds/names.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { Caretaker } from './caretaker.ts'
import type { NodeContext } from './context.ts'
import { exportLines } from './export-lines.ts'
import { isOnlyHere } from './discovery/own-addresses.ts'
import type { LanPresence } from './discovery/presence.ts'
import type { Groups } from './groups.ts'
import { formatLink, parseTarget } from './join-target.ts'
import { findMember } from './member-finder.ts'
import { repairOf } from './mending.ts'
import { traceMessage } from './message-trace.ts'
import { wayOf, type MessageLog } from './message-way.ts'
import type { PeerLinks } from './links/peer-links.ts'
import type { Network } from './network.ts'
import type {
  Invite,
  InviteOptions,
  LanView,
  MessageTrace,
  OpenInviteView,
  OperatorApi,
  Surroundings,
  Verified,
  WayStep,
} from './operator-api.ts'
import { whoOf } from './views.ts'

export interface OperatorParts {
  readonly context: NodeContext
  readonly groups: Groups
  readonly links: PeerLinks
  readonly nds: NdsClient
  readonly caretaker: Caretaker
  readonly messageLog: MessageLog
  readonly presence: LanPresence
}

const OPERATION_MS = 10_000
const DAY_MS = 86_400_000
const INVITE_MS = 7 * DAY_MS
const MAX_USES = 999_999_999
const SHORTEST_KEY = 4
const roles = ['owner', 'admin', 'member']

const notEntitled = (what: string): ParleyError =>
  new ParleyError('REFUSED', `You may not ${what}`, {
    hint: 'Owners and admins may, and only towards those below them; roles are the owners’.',
  })

const lanViewOf = (presence: LanPresence): LanView | null => {
  const state = presence.state()
  return state === null ? null : { ...state, nodes: presence.hood.nodes().length }
}

export class Operator implements OperatorApi {
  readonly #parts: OperatorParts

  constructor(parts: OperatorParts) {
    this.#parts = parts
  }

  async kick(network: string, member: string): Promise<void> {
    const found = this.#joined(network)
    const id = findMember(found, member)
    await this.#operate(found, { kind: 'kick', text: '', ref: id })
    if (found.state.roster.members.has(id)) throw notEntitled(`put ${found.nameOf(id)} out`)
  }

  async ban(network: string, member: string): Promise<void> {
    const found = this.#joined(network)
    const { known } = found.state.roster
    // Who is off the roster may be kept off it, named by the whole id.
    const isKnown = known.has(member as NodeId)
    const id = isKnown ? (member as NodeId) : findMember(found, member)
    await this.#operate(found, { kind: 'ban', text: '', ref: id })
    if (!found.state.roster.banned.has(id)) throw notEntitled(`ban ${found.nameOf(id)}`)
  }

  async unban(network: string, member: string): Promise<void> {
    const found = this.#joined(network)
    const id = findMember(found, member, [...found.state.roster.banned])
    await this.#operate(found, { kind: 'unban', text: '', ref: id })
    if (found.state.roster.banned.has(id)) throw notEntitled('lift bans')
  }

  async setRole(network: string, member: string, role: string): Promise<void> {
    if (!roles.includes(role))
      throw new ParleyError('USAGE', `There is no role ${role}`, {
        hint: `Roles are ${roles.join(', ')}.`,
      })
    const found = this.#joined(network)
    const id = findMember(found, member)
    await this.#operate(found, { kind: 'role', text: role, ref: id })
    if (found.state.roster.members.get(id)?.role !== role) throw notEntitled('give roles')
  }

  async rename(network: string, name: string): Promise<void> {
    if (!isPrintableName(name))
      throw new ParleyError('USAGE', 'A name has 1 to 64 printable characters')
    const found = this.#joined(network)
    await this.#operate(found, { kind: 'rename', text: name, ref: '' })
    if (found.state.name !== name) throw notEntitled('rename this network')
  }

  async setTopic(network: string, topic: string): Promise<void> {
    const text = topic.toWellFormed()
    if (utf8Bytes(text) > limits.bodyBytes) throw new ParleyError('TOO_LARGE')
    const found = this.#joined(network)
    await this.#operate(found, { kind: 'topic', text, ref: '' })
    if (found.state.topic !== text)
      throw new ParleyError('REFUSED', 'The topic stays as it is', {
        hint: 'A topic has at most 512 characters.',
      })
  }

  async invite(network: string, options: InviteOptions = {}): Promise<Invite> {
    const found = this.#joined(network)
    const { context, nds } = this.#parts
    const others = found.state.view.members.flatMap(({ id }) => context.book.of(id).slice(0, 1))
    const all = [...new Set([...context.addresses(), ...others])]
    // What only this machine can dial is of no use to anybody else, if there is anything better.
    const outer = all.filter((address) => !isOnlyHere(address))
    const addresses = outer.length > 0 ? outer : all
    const services = nds.urls.filter((url) => outer.length === 0 || !isOnlyHere(new URL(url).host))
    const parts = { id: found.id, name: found.name, addresses, nds: services }
    if (found.state.settings.policy === 'open')
      return { link: formatLink(parts), expires: null, uses: null }
    const { uses = 1, lastsMs = INVITE_MS } = options
    if (!(Number.isSafeInteger(uses) && uses > 0 && uses <= MAX_USES))
      throw new ParleyError('USAGE', 'An invite is for one or more')
    if (!(Number.isSafeInteger(lastsMs) && lastsMs > 0))
      throw new ParleyError('USAGE', 'An invite lasts for some time')
    const { secret, identity } = newInviteKey()
    const expires = Date.now() + lastsMs
    await this.#operate(found, { kind: 'invite', text: `${uses} ${expires}`, ref: identity.id })
    if (!found.state.roster.invites.has(identity.id)) throw notEntitled('invite to this network')
    const link = formatLink({ ...parts, expires, secret })
    return { link, expires: new Date(expires).toISOString(), uses }
  }

  invites(network: string): readonly OpenInviteView[] {
    const found = this.#parts.groups.find(network)
    const open = [...found.state.roster.invites].filter(
      ([, { usesLeft, expires }]) => usesLeft > 0 && expires > Date.now(),
    )
    return open.map(([key, { usesLeft, expires, by }]) => ({
      key,
      usesLeft,
      expires: new Date(Math.min(expires, 8.64e15)).toISOString(),
      by: whoOf(found, by),
    }))
  }

  async revoke(network: string, invite: string): Promise<string> {
    const found = this.#joined(network)
    const key = this.#inviteOf(found, invite)
    await this.#operate(found, { kind: 'revoke', text: '', ref: key as NodeId })
    const left = found.state.roster.invites.get(key)?.usesLeft ?? 0
    if (left > 0) throw notEntitled('take invites back')
    return key
  }

  #inviteOf({ state, name }: Network, text: string): string {
    const keys = [...state.roster.invites.keys()]
    const isLink = text.startsWith('parley:')
    const wanted = isLink ? (parseTarget(text).invite?.id ?? '') : text
    const isLong = wanted.length >= SHORTEST_KEY
    const fits = isLong ? keys.filter((key) => key.startsWith(wanted)) : []
    const [first, second] = fits
    if (first === undefined)
      throw new ParleyError('USAGE', `${name} has no such invite`, {
        hint: 'List them with: parley invite NETWORK --list',
      })
    if (second !== undefined)
      throw new ParleyError('USAGE', `Several invites fit ${text}`, { hint: fits.join(', ') })
    return first
  }

  verify(network: string, upTo?: number): Promise<Verified> {
    return this.#parts.caretaker.verify(this.#parts.groups.find(network), upTo)
  }

  trace(network: string | null, message: string): MessageTrace {
    const { groups } = this.#parts
    const among = network === null ? groups.all() : [groups.find(network)]
    return traceMessage(among, message)
  }

  way(network: string, message: MessageId): Promise<readonly WayStep[]> {
    const { groups, messageLog, links } = this.#parts
    return wayOf(groups.find(network), message, messageLog, links)
  }

  export(network: string): AsyncIterable<string> {
    const found = this.#parts.groups.find(network)
    return exportLines(this.#parts.caretaker.folder(), found.id)
  }

  surroundings(): Surroundings {
    const { context, links, nds, caretaker, presence } = this.#parts
    return {
      checked: caretaker.checked(),
      nds: nds.urls,
      addresses: context.addresses(),
      nearby: presence.hood.services(),
      lan: lanViewOf(presence),
      mismatches: links.mismatches(),
      lastRepair: repairOf(context.store),
    }
  }

  #operate(
    network: Network,
    content: Content & { readonly ref: NodeId | MessageId | '' },
  ): Promise<unknown> {
    return network.send('roster', content, 'sequenced', OPERATION_MS)
  }

  #joined(text: string): Network {
    const network = this.#parts.groups.find(text)
    if (network.gone !== null) throw network.gone
    return network
  }
}
