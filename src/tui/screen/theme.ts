/**
 * Looks of text: what each means, and how a terminal shows it. The background is the terminal's
 * own, so there are colours for dark ones and for light ones. Nothing is told by colour alone.
 */
import { hueOf } from '../../view-model/hue.ts'

export type Look =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'title'
  | 'accent'
  | 'good'
  | 'warning'
  | 'error'
  | 'mention'
  /** Picked by a person: a bar. */
  | 'picked'
  /** A bar that warns. */
  | 'alarm'
  | 'name0'
  | 'name1'
  | 'name2'
  | 'name3'
  | 'name4'
  | 'name5'

export type ThemeName = 'dark' | 'light' | 'none'

type Shade = { readonly color?: number; readonly on?: readonly number[] }

const BOLD = 1
const DIM = 2
const REVERSE = 7

const bold = [BOLD]

/** Numbers of the 256 colours (xterm). */
const DARK: Readonly<Record<Look, Shade>> = {
  plain: {},
  dim: { color: 247 },
  bold: { on: bold },
  title: { color: 153, on: bold },
  accent: { color: 117 },
  good: { color: 114 },
  warning: { color: 221 },
  error: { color: 210, on: bold },
  mention: { color: 221, on: bold },
  picked: { on: [REVERSE] },
  alarm: { color: 221, on: [REVERSE, BOLD] },
  name0: { color: 114 },
  name1: { color: 117 },
  name2: { color: 180 },
  name3: { color: 183 },
  name4: { color: 216 },
  name5: { color: 152 },
}

const LIGHT: Readonly<Record<Look, Shade>> = {
  ...DARK,
  dim: { color: 240 },
  title: { color: 19, on: bold },
  accent: { color: 25 },
  good: { color: 22 },
  warning: { color: 94 },
  error: { color: 124, on: bold },
  mention: { color: 94, on: bold },
  alarm: { color: 94, on: [REVERSE, BOLD] },
  name0: { color: 22 },
  name1: { color: 25 },
  name2: { color: 94 },
  name3: { color: 54 },
  name4: { color: 88 },
  name5: { color: 23 },
}

/** Without colours: weight, faintness and bars remain. */
const NONE: Readonly<Record<Look, Shade>> = {
  ...(Object.fromEntries(
    Object.entries(DARK).map(([look, { on }]) => [look, on === undefined ? {} : { on }]),
  ) as Record<Look, Shade>),
  dim: { on: [DIM] },
}

const THEMES: Readonly<Record<ThemeName, Readonly<Record<Look, Shade>>>> = {
  dark: DARK,
  light: LIGHT,
  none: NONE,
}

export type Paint = (look: Look, text: string) => string

const escapes = ({ color, on = [] }: Shade): string => {
  const codes = [...on.map(String), ...(color === undefined ? [] : [`38;5;${color}`])]
  return codes.length === 0 ? '' : `\u001b[${codes.join(';')}m`
}

export const painterOf = (name: ThemeName): Paint => {
  const starts = new Map(
    Object.entries(THEMES[name]).map(([look, shade]) => [look as Look, escapes(shade)]),
  )
  return (look, text) => {
    const start = starts.get(look) ?? ''
    return start === '' || text === '' ? text : `${start}${text}\u001b[0m`
  }
}

/** The colour of each look, for checking that it can be read. */
export const colorsOf = (name: ThemeName): readonly (readonly [Look, number])[] =>
  Object.entries(THEMES[name]).flatMap(([look, { color }]) =>
    color === undefined ? [] : [[look as Look, color] as const],
  )

/**
 * From the environment: `NO_COLOR` (https://no-color.org), `PARLEY_THEME`, or `COLORFGBG`, which
 * many terminals set to their colours' numbers: a background of 7 or 15 is light.
 */
export const themeFrom = (env: Readonly<Record<string, string | undefined>>): ThemeName => {
  if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return 'none'
  const wanted = env['PARLEY_THEME']
  if (wanted === 'dark' || wanted === 'light' || wanted === 'none') return wanted
  const background = env['COLORFGBG']?.split(';').at(-1)
  return background === '7' || background === '15' ? 'light' : 'dark'
}

const NAME_LOOKS: readonly Look[] = ['name0', 'name1', 'name2', 'name3', 'name4', 'name5']

/** The same look for the same author, always. */
export const nameLook = (id: string): Look => NAME_LOOKS[hueOf(id, NAME_LOOKS.length)] ?? 'plain'
