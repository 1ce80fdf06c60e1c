/** A terminal's screen, with its looks, as a picture. */
import { widthOf } from '../../../src/tui/screen/text.ts'

interface Style {
  readonly color: string
  readonly isBold: boolean
  readonly isReverse: boolean
}

const BACKGROUND = '#16181d'
const FOREGROUND = '#d8dae0'
const PLAIN: Style = { color: FOREGROUND, isBold: false, isReverse: false }
const CELL = { width: 8.4, height: 18 }
const MARGIN = 14
const LEVELS = [0, 95, 135, 175, 215, 255]

const hex = (values: readonly number[]): string =>
  `#${values.map((value) => value.toString(16).padStart(2, '0')).join('')}`

/** One of the 256 colours of xterm, of those that are no names. */
const colorOf = (index: number): string => {
  if (index >= 232) return hex([0, 0, 0].map(() => 8 + (index - 232) * 10))
  const cube = index - 16
  return hex([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((at) => LEVELS[at]!))
}

/** The style after a sequence such as `1;38;5;117`. */
const restyled = (before: Style, codes: string): Style => {
  let style = before
  const rest = codes === '' ? [0] : codes.split(';').map(Number)
  for (let code = rest.shift(); code !== undefined; code = rest.shift()) {
    if (code === 0) style = PLAIN
    else if (code === 1) style = { ...style, isBold: true }
    else if (code === 7) style = { ...style, isReverse: true }
    else if (code === 39) style = { ...style, color: FOREGROUND }
    else if (code === 38 && rest.shift() === 5) style = { ...style, color: colorOf(rest.shift()!) }
  }
  return style
}

/** Spaces that no viewer takes together. */
const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(' ', '\u00a0')

const round = (value: number): number => Math.round(value * 10) / 10

const pieceOf = (text: string, column: number, row: number, style: Style): string => {
  const [x, y] = [round(MARGIN + column * CELL.width), MARGIN + row * CELL.height]
  const width = round(widthOf(text) * CELL.width)
  const bar = style.isReverse
    ? `<rect x="${x}" y="${y}" width="${width}" height="${CELL.height}" fill="${style.color}"/>\n`
    : ''
  if (text.trim() === '') return bar
  const weight = style.isBold ? ' font-weight="bold"' : ''
  const fill = style.isReverse ? BACKGROUND : style.color
  const place = `x="${x}" y="${y + 13}" textLength="${width}" lengthAdjust="spacingAndGlyphs"`
  return `${bar}<text ${place} fill="${fill}"${weight}>${escaped(text)}</text>\n`
}

const bodyOf = (screen: string): string => {
  let style = PLAIN
  let body = ''
  for (const [row, line] of screen.split('\n').entries()) {
    let column = 0
    for (const [index, part] of line.split('\u001b[').entries()) {
      const end = index === 0 ? -1 : part.indexOf('m')
      if (end >= 0) style = restyled(style, part.slice(0, end))
      const text = part.slice(end + 1)
      if (text !== '') body += pieceOf(text, column, row, style)
      column += widthOf(text)
    }
  }
  return body
}

const framed = (body: string, columns: number, rows: number): string => {
  const width = Math.ceil(2 * MARGIN + columns * CELL.width)
  const height = 2 * MARGIN + rows * CELL.height
  const font = `font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, monospace" font-size="14"`
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${font}` +
    ` xml:space="preserve">\n` +
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>\n${body}</svg>\n`
  )
}

/** What `tmux capture-pane -e` gives, drawn. */
export const svgOf = (screen: string, columns: number): string =>
  framed(bodyOf(screen), columns, screen.split('\n').length)

const FRAME_SECONDS = 4

/** Several screens, one after the other, for ever. */
export const animationOf = (screens: readonly string[], columns: number): string => {
  const seconds = screens.length * FRAME_SECONDS
  const share = 100 / screens.length
  const style =
    `<style>text{white-space:pre}.f{opacity:0;animation:show ${seconds}s infinite step-end}` +
    `@keyframes show{0%{opacity:1}${round(share)}%{opacity:0}}</style>\n`
  const frames = screens.map((screen, index) => {
    const delay = `animation-delay:${index * FRAME_SECONDS - seconds}s`
    return `<g class="f" style="${delay}">\n${bodyOf(screen)}</g>\n`
  })
  const rows = Math.max(...screens.map((screen) => screen.split('\n').length))
  return framed(style + frames.join(''), columns, rows)
}
