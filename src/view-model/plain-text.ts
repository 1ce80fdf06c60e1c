/**
 * Text from the network as a terminal may have it. Whoever writes to a group could otherwise move
 * the cursor, colour lines, set the window's title, or turn the direction of text around so that it
 * reads as something else. Pure.
 */

// Sequences that begin with ESC or with their one-character forms: CSI; strings (OSC, DCS, SOS, PM,
// APC) up to their end; and the two-character ones. ECMA-48, section 5.
const ANSI = new RegExp(
  [
    String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    String.raw`(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])` +
      String.raw`[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?`,
    String.raw`\u001b[ -/]*[0-~]?`,
  ].join('|'),
  'g',
)

// Marks that turn the direction of text, and invisible characters that join nothing: with them two
// names look the same, or one looks like none. Tags are seen only in flags.
const INVISIBLE = new RegExp(
  [
    String.raw`[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f]`,
    String.raw`[\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]`,
    String.raw`(?<!\u{1f3f4}[\u{e0020}-\u{e007e}]{0,6})[\u{e0000}-\u{e007f}]`,
  ].join('|'),
  'gu',
)
// The joiners U+200C and U+200D stay where scripts and emoji are written with them; after a Latin,
// Greek or Cyrillic letter, a digit or nothing they only hide. (Looked for in what is left.)
const IDLE_JOINERS = /(?<=^|[\p{scx=Latn}\p{scx=Grek}\p{scx=Cyrl}\p{Nd}\s])[\u200c\u200d]+/gmu
const NEW_LINE = /\r\n?|[\u0085\u2028\u2029]/g
// Tabs and line feeds are dealt with before.
const CONTROL = /(?![\t\n])\p{Cc}/gu
const LONE_SURROGATE = /\p{Cs}/gu

/** Several lines at most; everything else that is no visible character is gone. */
export const plainText = (text: string): string =>
  text
    .replace(ANSI, '')
    .replace(NEW_LINE, '\n')
    .replace(CONTROL, '')
    .replace(INVISIBLE, '')
    .replace(IDLE_JOINERS, '')
    .replaceAll('\t', '    ')
    .replace(LONE_SURROGATE, '\ufffd')

/** The same in one line, for names. */
export const plainLine = (text: string): string => plainText(text).replace(/\s+/g, ' ').trim()

/** Lines after the first are moved in, so that none of them can pass for a line of somebody else. */
export const indented = (text: string, indent = '    '): string =>
  plainText(text).replace(/\n/g, `\n${indent}`)

const UNSAFE_IN_JSON = /[\u007f-\u009f]|[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g

/** JSON in one line, in which what a terminal could act on is escaped; its value is the same. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    UNSAFE_IN_JSON,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
