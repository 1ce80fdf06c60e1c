/** Columns of text, aligned by what is seen: wide characters count two, marks that combine none. */

// The ranges of wide characters that names are likely to have; without a property for it in
// JavaScript's regular expressions an exact table would be a library of its own.
const isWide = (code: number): boolean =>
  (code >= 0x1100 && code <= 0x115f) ||
  (code >= 0x2e80 && code <= 0xa4cf) ||
  (code >= 0xac00 && code <= 0xd7a3) ||
  (code >= 0xf900 && code <= 0xfaff) ||
  (code >= 0xfe30 && code <= 0xfe6f) ||
  (code >= 0xff00 && code <= 0xff60) ||
  (code >= 0x1f300 && code <= 0x1faff) ||
  (code >= 0x20000 && code <= 0x3fffd)

let segmenter: Intl.Segmenter | null = null

/** Columns that a text takes in a terminal. */
export const columnsOf = (text: string): number => {
  if (/^[ -~]*$/.test(text)) return text.length
  // Made only here: it takes longer to make than most tables to print.
  segmenter ??= new Intl.Segmenter()
  let columns = 0
  for (const { segment } of segmenter.segment(text)) {
    columns += isWide(segment.codePointAt(0) ?? 0) ? 2 : 1
  }
  return columns
}

const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - columnsOf(text)))

/** Rows as text, each column as wide as its widest cell. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, columnsOf(cell))
    })
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => padded(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
