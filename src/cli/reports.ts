/** What the verbs print for people, and the chat says. */
import type { MemberView, NetworkStatus, NetworkSummary, NodeStatus } from '../node/api.ts'
import { isOnlyHere } from '../node/discovery/own-addresses.ts'
import { plainLine } from '../view-model/plain-text.ts'
import { removedText } from '../view-model/words.ts'
import { table } from './table.ts'

/** Addresses of a node that fit on a line. */
const SHOWN = 2

const networkRow = (network: NetworkSummary): readonly string[] => [
  plainLine(network.name),
  network.joined ? 'joined' : '',
  network.leader === null ? 'no leader' : `★ ${plainLine(network.leader.name)}`,
  `${network.members} active`,
  network.unread > 0 ? `${network.unread} unread` : '',
  network.id.slice(0, 8),
]

export const networkLines = (result: { readonly networks: readonly NetworkSummary[] }): string =>
  result.networks.length === 0
    ? 'No networks yet: parley create NAME makes one.'
    : table(result.networks.map(networkRow))

const heardText = ({ self, active, lastHeardMs }: MemberView): string => {
  if (self) return 'this node'
  if (!active) return 'away'
  return lastHeardMs === null ? 'active' : `heard ${(lastHeardMs / 1000).toFixed(1)} s ago`
}

const memberRow = (member: MemberView): readonly string[] => [
  member.leader ? '★' : ' ',
  member.number === null ? '–' : String(member.number),
  plainLine(member.name),
  member.role,
  heardText(member),
  member.address === null ? '' : plainLine(member.address),
  member.id.slice(0, 8),
]

export const memberLines = (result: { readonly members: readonly MemberView[] }): string =>
  table(result.members.map(memberRow))

const roleText = ({ role, leader, removed }: NetworkStatus): string => {
  if (removed !== undefined) return removed.code === 'BANNED' ? 'banned' : 'removed'
  if (role === 'leader') return 'leads'
  if (role === 'follower' && leader !== null) return `follows ★ ${plainLine(leader.name)}`
  return role
}

const troubleText = ({ name, fault, splitSince, outbox, removed }: NetworkStatus): string =>
  [
    removed === undefined ? '' : removedText({ name, ...removed }),
    fault === null ? '' : `${fault.code}: ${plainLine(fault.message)}`,
    splitSince === null
      ? ''
      : `cut off from others since ${splitSince}${fault === null ? ', still writable' : ''}`,
    outbox === 0 ? '' : `${outbox} of your messages are waiting`,
  ]
    .filter((text) => text !== '')
    .join('; ')

const statusRow = (network: NetworkStatus): readonly string[] => [
  plainLine(network.name),
  roleText(network),
  network.removed === undefined ? `${network.active} of ${network.roster} active` : '',
  `${network.count} messages`,
  network.head === null ? '' : `head ${network.head.slice(0, 8)}`,
  troubleText(network),
]

/** Where others dial a node that listens on all cards, else where it listens. */
export const whereOf = ({ listen, addresses = [] }: NodeStatus['node']): string => {
  const isEverywhere = listen.startsWith('[::]:') || listen.startsWith('0.0.0.0:')
  const outer = addresses.filter((address) => !isOnlyHere(address))
  if (!isEverywhere) return listen
  return outer.length === 0 ? `${listen}, without a network` : outer.slice(0, SHOWN).join(', ')
}

export const statusLines = ({ node, networks }: NodeStatus): string => {
  const first = `${plainLine(node.name)} listens on ${whereOf(node)}, id ${node.id}`
  const head = `${first}\nfingerprint ${node.fingerprint}`
  return networks.length === 0 ? head : `${head}\n${table(networks.map(statusRow))}`
}

export const inviteLines = ({ link }: { readonly link: string }): string =>
  `Others join with: parley join '${link}'`
