/** The laboratory on the screen: rows of text with looks, from what was seen last. */
import { barRow, fill, fitRow, row, span, type Row } from '../tui/screen/row.ts'
import type { Screen } from '../tui/screen/screen.ts'
import { padEnd, padStart } from '../tui/screen/text.ts'
import type { Look } from '../tui/screen/theme.ts'
import type { LabNode } from './cluster.ts'
import type { Seen } from './watch.ts'

export interface LabView {
  readonly seen: readonly Seen[]
  readonly picked: number
  readonly isCut: (from: LabNode, to: LabNode) => boolean
  readonly acknowledged: number
  readonly sending: number
  readonly broken: readonly string[]
  /** What was done and what was said, the newest last. */
  readonly told: readonly string[]
  readonly columns: number
  readonly rows: number
}

const KEYS =
  '1…9 pick  k kill/start  p pause  s split  o slow  w clock  h heal  b bots  j join  q quit'

const looks: Readonly<Record<string, Look>> = { leader: 'good', seeking: 'warning', gone: 'error' }

const nodeRow = ({ node, status }: Seen, index: number, picked: number): Row => {
  const role = node.state === 'running' ? (status?.role ?? 'starting') : node.state
  const mark = role === 'leader' ? '★' : ' '
  const head = status?.head?.slice(0, 8) ?? '–'
  const term = status?.term?.slice(0, 6) ?? '–'
  const count = String(status?.count ?? '–')
  const weather = [
    node.delayMs > 0 ? `slow ${node.delayMs} ms` : '',
    node.skewMs > 0 ? `clock +${node.skewMs / 1_000} s` : '',
  ].join(' ')
  const look = looks[role] ?? 'plain'
  return [
    span(`${index + 1} `, index === picked ? 'picked' : 'dim'),
    span(`${mark} ${padEnd(node.name, 8)}`, index === picked ? 'bold' : 'plain'),
    span(padEnd(role, 10), look),
    span(padEnd(term, 8), 'dim'),
    span(padEnd(head, 10), 'accent'),
    span(padStart(count, 6)),
    span(padStart(`${status?.active ?? '–'}/${status?.roster ?? '–'}`, 7)),
    span(padStart(String(status?.outbox ?? '–'), 5), (status?.outbox ?? 0) > 0 ? 'warning' : 'dim'),
    span(`  ${weather}`, 'warning'),
  ]
}

/** Who hears whom: a dot for a link, a cross for one that is cut. */
const linkRows = ({ seen, isCut }: LabView): readonly Row[] => {
  const nodes = seen.map(({ node }) => node)
  const head = row(`         ${nodes.map(({ name }) => name.slice(0, 2)).join(' ')}`, 'dim')
  const rows = nodes.map((to): Row => {
    const cells = nodes.map((from) => {
      if (from === to) return span(' · ', 'dim')
      if (from.state !== 'running' || to.state !== 'running') return span(' – ', 'dim')
      return isCut(from, to) ? span(' ✗ ', 'error') : span(' ● ', 'good')
    })
    return [span(padEnd(to.name, 8), 'dim'), ...cells]
  })
  return [row('hears', 'title'), head, ...rows]
}

export const labScreen = (view: LabView): Screen => {
  const { seen, picked, columns, rows, broken, told } = view
  const title = ` Parley laboratory: ${seen.length} nodes, one group `
  const heads = new Set(seen.flatMap(({ status }) => status?.head ?? []))
  const sum =
    `heads: ${heads.size}   acknowledged: ${view.acknowledged}   under way: ${view.sending}   ` +
    (broken.length === 0 ? '✓ all that must hold, holds' : `✗ ${broken.join('; ')}`)
  const top: readonly Row[] = [
    barRow(row(title), columns, 'picked'),
    row('    node    role      term    head       messages active  queue', 'dim'),
    ...seen.map((one, index) => nodeRow(one, index, picked)),
    row(''),
    row(sum, broken.length === 0 ? 'good' : 'error'),
    row(''),
    ...linkRows(view),
    row(''),
  ]
  const room = Math.max(0, rows - top.length - 1)
  const news = told.slice(Math.max(0, told.length - room)).map((text) => row(text, 'plain'))
  const main = [...fill([...top, ...news], rows - 1), row(KEYS, 'dim')]
  return {
    side: [],
    sideWidth: 0,
    main: main.map((one) => fitRow(one, columns)),
    mainWidth: columns,
    cursor: { x: 0, y: rows - 1 },
    topPosition: null,
  }
}
