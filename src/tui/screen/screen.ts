/** The whole screen: which rows stand where, for any size of the terminal. */
import { currentNetwork, unreadCount, type NetworkModel } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { troubleText } from '../../view-model/words.ts'
import { draftOf } from '../input/editor.ts'
import type { FaceState } from '../state.ts'
import { clock } from '../../chat/clock.ts'
import type { ConversationLayout } from './conversation.ts'
import { inputView, type InputView } from './input-rows.ts'
import { networkLine, networkRows } from './networks.ts'
import { overlayRows } from './overlays.ts'
import { barRow, emptyRow, fill, fitRow, row, rowText, span, type Row } from './row.ts'
import { cutTo, padEnd } from './text.ts'

export interface Screen {
  /** Rows at the left; empty where there is no room. */
  readonly side: readonly Row[]
  readonly sideWidth: number
  readonly main: readonly Row[]
  readonly mainWidth: number
  readonly cursor: { readonly x: number; readonly y: number }
  /** Position of the first message in sight; null while something else is shown. */
  readonly topPosition: number | null
}

/** Room that the conversation has. */
export interface Room {
  readonly width: number
  readonly height: number
}

const MIN_COLUMNS_FOR_SIDE = 76
const SIDE_MIN = 20
const SIDE_MAX = 30
const SIDE_SHARE = 0.2
const MIN_INPUT_ROWS = 1
const MAX_PROMPT = 16

const sideWidthOf = ({ model, size }: FaceState): number => {
  if (
    size.columns < MIN_COLUMNS_FOR_SIDE ||
    model.overlay?.kind === 'text' ||
    model.overlay?.kind === 'invite'
  )
    return 0
  return Math.min(SIDE_MAX, Math.max(SIDE_MIN, Math.floor(size.columns * SIDE_SHARE)))
}

const headerRow = (network: NetworkModel | null, width: number): Row => {
  if (network === null) return barRow(row(' Parley'), width, 'picked')
  const { status, name } = network
  if (status.removed !== undefined) {
    const text = ` ${plainLine(name)}  only to be read; /leave puts it away`
    return barRow(row(text), width, 'picked')
  }
  const leader = status.leader === null ? 'no leader' : `★ ${plainLine(status.leader.name)}`
  const active = `${status.active} of ${Math.max(status.active, status.roster)} active`
  const topic = status.topic === '' ? '' : `  ${plainLine(status.topic)}`
  return barRow(row(` ${plainLine(name)}  ${leader}  ${active}${topic}`), width, 'picked')
}

const bannerRows = ({ model }: FaceState, width: number): readonly Row[] => {
  if (!model.isConnected)
    return [barRow(row(' ! The node has gone. /quit, then start again.'), width, 'alarm')]
  const network = currentNetwork(model)
  const trouble = network === null ? null : troubleText(network, clock)
  return trouble === null ? [] : [barRow(row(` ! ${trouble}`), width, 'alarm')]
}

const welcomeRows = ({ model }: FaceState, width: number, height: number): readonly Row[] => {
  const found = model.offers.filter(({ joined }) => !joined)
  const rows: Row[] = [
    row(` Welcome to Parley, ${plainLine(model.self.name)}.`, 'title'),
    emptyRow,
    row(' You are in no network yet.'),
    emptyRow,
    [span('   /create NAME  ', 'accent'), span('creates one')],
    [span('   /join LINK    ', 'accent'), span('joins with a link: paste it, Enter')],
  ]
  if (found.length === 0) rows.push(emptyRow, row(' None was found nearby so far.', 'dim'))
  else {
    rows.push(emptyRow, row(' Found nearby', 'title'))
    for (const { name, leader, members } of found) {
      const who = leader === null ? '' : `  ★ ${plainLine(leader.name)}`
      rows.push([
        span(`   /join ${plainLine(name)}`, 'accent'),
        span(`${who}  ${members} active`, 'dim'),
      ])
    }
  }
  return fill(
    rows.map((one) => fitRow(one, width)),
    height,
  )
}

const hints = (state: FaceState): Row => {
  const { model } = state
  const waiting = currentNetwork(model)?.pending.filter(({ state: how }) => how !== 'failed').length
  const queue = waiting === undefined || waiting === 0 ? '' : `   … ${waiting} waiting`
  return row(` F1 help  F2 status  Tab completes${queue}`, 'dim')
}

/** An invite may be meant for oneself, and holds a secret that others could use. */
const linkHint = (network: NetworkModel | null): Row | null =>
  network === null || !network.draft.text.startsWith('parley://')
    ? null
    : row(
        ` Enter sends this to ${plainLine(network.name)}; write /join before it to join`,
        'mention',
      )

/** One row about what is going on in the input, or how the last thing went. */
const noticeRow = (state: FaceState): Row => {
  const { paste, reverse, completion, history, model } = state
  if (paste !== null) {
    const lines = paste.split('\n').length
    const what = 'Enter: as one message   s: send each line   Esc: not at all'
    return row(` Paste ${lines} lines?   ${what}`, 'mention')
  }
  if (reverse !== null) {
    const found = reverse.index === null ? '' : (history.entries[reverse.index] ?? '')
    const none = found === '' && reverse.query !== '' ? ' (nothing found)' : ''
    return row(` search back: ${plainLine(reverse.query)}${none}`, 'accent')
  }
  if (completion !== null && completion.found.candidates.length > 1)
    return completion.found.candidates.flatMap((one, index) => [
      span(' '),
      span(plainLine(one), index === completion.index ? 'picked' : 'dim'),
    ])
  if (model.notice !== null)
    return row(` ${model.notice.text}`, model.notice.tone === 'error' ? 'error' : 'good')
  return linkHint(currentNetwork(model)) ?? hints(state)
}

const inputOf = (state: FaceState, width: number): InputView => {
  const { model, reverse, history } = state
  const network = currentNetwork(model)
  const prompt = network === null ? '› ' : `${cutTo(plainLine(network.name), MAX_PROMPT)}› `
  const index = reverse?.index ?? null
  const found = index === null ? null : (history.entries[index] ?? '')
  const draft = found === null ? (network?.draft ?? state.draft) : draftOf(found)
  const most = Math.max(MIN_INPUT_ROWS, Math.floor((state.size.rows - 8) / 2))
  return inputView(draft, prompt, width, Math.min(6, most))
}

interface Frame {
  readonly sideWidth: number
  readonly width: number
  readonly top: readonly Row[]
  readonly height: number
  readonly input: InputView
}

const frameOf = (state: FaceState): Frame => {
  const sideWidth = sideWidthOf(state)
  const { columns, rows } = state.size
  const width = columns - (sideWidth === 0 ? 0 : sideWidth + 1)
  const network = currentNetwork(state.model)
  const isNarrow = sideWidth === 0 && state.model.networks.length > 1
  const top = [
    ...(isNarrow ? [networkLine(state.model, width)] : []),
    headerRow(network, width),
    ...bannerRows(state, width),
  ]
  const input = inputOf(state, width)
  const height = Math.max(1, rows - top.length - 1 - input.rows.length)
  return { sideWidth, width, top, height, input }
}

/** The room for the conversation on this screen. */
export const roomOf = (state: FaceState): Room => {
  const { width, height } = frameOf(state)
  return { width, height }
}

const newBelow = (network: NetworkModel, below: number): Row | null => {
  if (network.scroll.kind === 'end') return null
  const unread = unreadCount(network)
  const text = unread > 0 ? `↓ ${unread} new` : below > 0 ? '↓ newer messages below' : null
  return text === null ? null : row(` ${text}, Esc goes there `, unread > 0 ? 'alarm' : 'picked')
}

export const screenOf = (state: FaceState, layout: ConversationLayout): Screen => {
  const { model, size } = state
  const { sideWidth, width, top, height, input } = frameOf(state)
  const network = currentNetwork(model)
  let middle: readonly Row[]
  let topPosition: number | null = null
  if (model.overlay !== null)
    middle = overlayRows(model, model.overlay, state.web, { width, height })
  else if (network === null) middle = welcomeRows(state, width, height)
  else {
    const view = layout.view(model, network, width, height)
    const bar = newBelow(network, view.below)
    ;({ topPosition } = view)
    middle = bar === null ? view.rows : [...view.rows.slice(0, -1), fitRow(bar, width)]
  }
  const main = [...top, ...middle, fitRow(noticeRow(state), width), ...input.rows]
  const side = sideWidth === 0 ? [] : networkRows(model, sideWidth, size.rows)
  const left = sideWidth === 0 ? 0 : sideWidth + 1
  const y = size.rows - input.rows.length + input.cursor.y
  return {
    side,
    sideWidth,
    main: fill(main, size.rows),
    mainWidth: width,
    cursor: { x: left + input.cursor.x, y },
    topPosition,
  }
}

/** The screen as text, for tests and for people who compare screens. */
export const screenText = ({ side, sideWidth, main }: Screen): string =>
  main
    .map((one, index) => {
      const left = sideWidth === 0 ? '' : `${padEnd(rowText(side[index] ?? emptyRow), sideWidth)}│`
      return `${left}${rowText(one)}`.trimEnd()
    })
    .join('\n')
