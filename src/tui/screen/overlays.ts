/** What lies over the conversation: help, status, members, one message, search. */
import type { MemberView, MessageView } from '../../node/api.ts'
import type { MessageTrace } from '../../node/operator-api.ts'
import { paneCommands } from '../../view-model/commands.ts'
import {
  currentNetwork,
  type Model,
  type NetworkModel,
  type Overlay,
} from '../../view-model/model.ts'
import { plainLine, plainText } from '../../view-model/plain-text.ts'
import {
  deliveryMark,
  heardText,
  inviteLimits,
  inviteTitle,
  missingText,
  roleText,
  removedText,
  SIGNS,
  splitText,
  whyLeader,
} from '../../view-model/words.ts'
import { clock, fullTime } from '../../chat/clock.ts'
import { barRow, emptyRow, fill, fitRow, row, span, type Row } from './row.ts'
import { padEnd, wrapText } from './text.ts'
import { nameLook } from './theme.ts'

const KEYS: readonly (readonly [string, string])[] = [
  ['Enter', 'send; Alt-Enter or Ctrl-J begins a new line'],
  ['Tab', 'complete a name, a command, a network'],
  ['↑ ↓', 'what was typed before; Ctrl-R searches it'],
  ['PgUp PgDn', 'scroll; Esc or End on an empty line goes back to the end'],
  ['Ctrl-↑ ↓', 'pick a message; Enter on an empty line shows where it is stored'],
  ['Ctrl-N Ctrl-P', 'next and previous network; also Alt-↑ Alt-↓'],
  ['Alt-1 … Alt-9', 'that network'],
  ['Alt-A', 'next network with something unread'],
  ['Alt-U', 'to the first unread message'],
  ['Ctrl-A E B F', 'move; Alt-B Alt-F by words'],
  ['Ctrl-U W K Y', 'cut to the start, a word, to the end; put in again'],
  ['F1 F2', 'this help; how everything is'],
  ['Ctrl-L', 'draw the screen anew'],
  ['Ctrl-C Ctrl-D', 'leave, on an empty line'],
]

const PAIR_WIDTH = 17

const rowsOfPairs = (
  pairs: readonly (readonly [string, string])[],
  width: number,
): readonly Row[] =>
  pairs.flatMap(([left, right]) =>
    wrapText(right, Math.max(8, width - PAIR_WIDTH - 3)).map((line, index): Row => [
      span(`  ${padEnd(index === 0 ? left : '', PAIR_WIDTH)} `, 'accent'),
      span(line),
    ]),
  )

const helpRows = (width: number): readonly Row[] => [
  row(' Keys', 'title'),
  ...rowsOfPairs(KEYS, width),
  emptyRow,
  row(' Signs', 'title'),
  ...rowsOfPairs(SIGNS, width),
  emptyRow,
  row(' Commands', 'title'),
  ...rowsOfPairs(
    paneCommands.map(({ name, usage, summary }) => [`/${name} ${usage}`.trim(), summary]),
    width,
  ),
]

const fact = (name: string, value: string, width: number): readonly Row[] =>
  wrapText(value, Math.max(8, width - 16)).map((line, index) => [
    span(`  ${padEnd(index === 0 ? name : '', 12)} `, 'dim'),
    span(line),
  ])

const networkFacts = (network: NetworkModel, width: number): readonly Row[] => {
  const { status, split, pending, timeline } = network
  const waiting = Math.max(status.outbox, pending.filter(({ state }) => state !== 'failed').length)
  const { name, removed } = status
  const part =
    removed === undefined
      ? [
          ...fact('this node', roleText(status), width),
          ...fact('leader', whyLeader(status), width),
          ...fact('active', `${status.active} of ${status.roster} members`, width),
        ]
      : fact('this node', removedText({ name, ...removed }), width)
  return [
    row(` ${plainLine(network.name)}`, 'title'),
    ...part,
    ...fact(
      'history',
      `${timeline.newest} messages, head ${(status.head ?? '–').slice(0, 12)}`,
      width,
    ),
    ...(waiting > 0 ? fact('waiting', `${waiting} of your messages`, width) : []),
    ...(split === null ? [] : fact('split', splitText(split, clock, status.fault === null), width)),
    ...(status.fault === null ? [] : fact('fault', plainLine(status.fault.message), width)),
    ...(network.isMuted ? fact('bell', 'muted', width) : []),
  ]
}

const WIDE_ENOUGH_FOR_ADDRESSES = 84

const memberRow = (member: MemberView, width: number): Row => [
  span(` ${member.leader ? '★' : ' '} ${padEnd(member.number?.toString() ?? '–', 3)} `, 'accent'),
  span(`${padEnd(plainLine(member.name), 16)} `, member.active ? nameLook(member.id) : 'dim'),
  span(padEnd(member.role === 'member' ? '' : member.role, 6), 'dim'),
  span(` ${padEnd(heardText(member), 24)}`, member.active ? 'plain' : 'warning'),
  span(width < WIDE_ENOUGH_FOR_ADDRESSES ? '' : ` ${plainLine(member.address ?? '')}`, 'dim'),
]

const membersRows = (network: NetworkModel, width: number): readonly Row[] => {
  const { members, status } = network
  const active = members.filter((member) => member.active)
  const silent = members.filter((member) => !member.active)
  return [
    row(` ${plainLine(network.name)}: ${active.length} active of ${status.roster}`, 'title'),
    ...active.map((member) => memberRow(member, width)),
    ...(silent.length === 0 ? [] : [emptyRow, row(' Silent', 'title')]),
    ...silent.map((member) => memberRow(member, width)),
    emptyRow,
    ...wrapText(whyLeader(status), width - 2).map((line) => row(` ${line}`, 'dim')),
  ]
}

export const statusRows = (model: Model, web: string, width: number): readonly Row[] => {
  const current = currentNetwork(model)
  const ordered = [current, ...model.networks.filter((one) => one !== current)]
  return [
    row(` ${plainLine(model.self.name)}`, 'title'),
    ...fact('id', model.self.id, width),
    ...fact('listens on', model.listen, width),
    ...fact('page', web, width),
    ...(model.isConnected ? [] : fact('node', 'has gone; leave with /quit', width)),
    ...ordered.flatMap((network) =>
      network === null ? [] : [emptyRow, ...networkFacts(network, width)],
    ),
    ...(current === null ? [] : [emptyRow, ...membersRows(current, width)]),
  ]
}

const memberFacts = (member: MemberView, width: number): readonly Row[] => [
  row(` ${plainLine(member.name)}${member.leader ? '  ★ leads' : ''}`, 'title'),
  ...fact('id', member.id, width),
  ...(member.fingerprint === undefined ? [] : fact('fingerprint', member.fingerprint, width)),
  ...fact('role', member.role, width),
  ...fact('number', member.number?.toString() ?? 'not active', width),
  ...fact('heard', heardText(member), width),
  ...fact('address', plainLine(member.address ?? 'unknown'), width),
]

/** Where a message is: who has stored it, who gave it its place, and when it was written. */
const messageFacts = (
  message: MessageView,
  trace: MessageTrace | null,
  width: number,
): readonly Row[] => {
  const stored = (trace?.storedBy ?? []).map(plainLine).join(', ')
  const sequencer = trace?.sequencedBy ?? null
  const entry = trace?.entry ?? null
  const missing = missingText(message)
  return [
    row(` Message #${message.position}`, 'title'),
    ...fact('from', `${plainLine(message.author.name)}  ${message.author.id.slice(0, 8)}`, width),
    ...fact('written', `${fullTime(message.sentAt)}, by its author's clock`, width),
    ...fact('stored', `${deliveryMark(message)}  ${stored}`, width),
    ...(missing === '' ? [] : fact('', missing, width)),
    ...fact('place', `#${message.position}, clock ${message.clock}`, width),
    ...(sequencer === null ? [] : fact('put in by', plainLine(sequencer.name), width)),
    ...fact('term', message.term, width),
    ...(entry === null ? [] : fact('entry', `${entry.seq} of the term, ${entry.hash}`, width)),
    ...fact('id', message.id, width),
    emptyRow,
    ...wrapText(plainText(message.text), width - 4).map((line) => row(`  ${line}`)),
  ]
}

const resultRow = (message: MessageView, isSelected: boolean, width: number): Row => {
  const { position, author, text, sentAt } = message
  const place = `#${position} ${clock(sentAt)} `
  const found: Row = [
    span(` ${isSelected ? '▸' : ' '} ${place}`, 'dim'),
    span(`${plainLine(author.name)}: `, nameLook(author.id)),
    span(plainLine(text)),
  ]
  return isSelected ? barRow(found, width, 'picked') : fitRow(found, width)
}

const searchRows = (model: Model, width: number, height: number): readonly Row[] => {
  const { search } = model
  if (search === null) return []
  const { results, selected, isLoading, hasMore, query } = search
  const count = `${results.length}${hasMore ? '+' : ''} found`
  const title = row(` Search “${plainLine(query)}”: ${isLoading ? 'looking …' : count}`, 'title')
  const room = Math.max(1, height - 2)
  const from = Math.max(0, Math.min(selected - Math.floor(room / 2), results.length - room))
  const shown = results.slice(from, from + room)
  return [
    title,
    ...shown.map((message, index) => resultRow(message, from + index === selected, width)),
  ]
}

const COPIED = 'Also in the clipboard, if this terminal allows it.'

const textRows = (title: string, lines: readonly string[], width: number): readonly Row[] => [
  row(` ${title}`, 'title'),
  emptyRow,
  ...lines.flatMap((line) => wrapText(line, width).map((part) => row(part))),
]

const rowsOf = (
  model: Model,
  overlay: Overlay,
  web: string,
  width: number,
  height: number,
): readonly Row[] => {
  const network = currentNetwork(model)
  switch (overlay.kind) {
    case 'help':
      return helpRows(width)
    case 'status':
      return statusRows(model, web, width)
    case 'members':
      return network === null ? [] : membersRows(network, width)
    case 'member': {
      const member = network?.members.find(({ id }) => id === overlay.id)
      return member === undefined ? [] : memberFacts(member, width)
    }
    case 'message':
      return messageFacts(overlay.message, overlay.trace, width)
    case 'search':
      return searchRows(model, width, height)
    case 'invite': {
      const { name, invite } = overlay
      const limits = inviteLimits(invite)
      const lines = [invite.link, '', ...(limits === '' ? [] : [limits]), COPIED]
      return textRows(inviteTitle(name), lines, width)
    }
    case 'text':
      return textRows(overlay.title, overlay.lines, width)
  }
}

const hintOf = (overlay: Overlay): string =>
  overlay.kind === 'search'
    ? ' ↑ ↓ pick   Enter go there   Esc close'
    : 'top' in overlay
      ? ' PgUp PgDn ↑ ↓ scroll   Esc close'
      : ' Esc close'

interface Room {
  readonly width: number
  readonly height: number
}

/** How many rows there are to be seen, one after the other. */
export const overlayLength = (
  model: Model,
  overlay: Overlay,
  web: string,
  { width, height }: Room,
): number => rowsOf(model, overlay, web, width, height - 1).length

export const overlayRows = (
  model: Model,
  overlay: Overlay,
  web: string,
  { width, height }: Room,
): readonly Row[] => {
  const all = rowsOf(model, overlay, web, width, height - 1)
  const top = 'top' in overlay ? Math.min(overlay.top, Math.max(0, all.length - height + 1)) : 0
  const rows = all.slice(top).map((one) => fitRow(one, width))
  return [...fill(rows, height - 1), row(hintOf(overlay), 'dim')]
}
