/** A QR code as the path of a drawing. Pure. */
import { create } from 'qrcode'

/** White around it, in modules, as the standard asks for. */
const QUIET = 4

export interface QrPath {
  readonly path: string
  /** Modules from side to side, with what is left white. */
  readonly size: number
}

export const qrPath = (text: string): QrPath => {
  const { modules } = create(text, { errorCorrectionLevel: 'M' })
  const { size } = modules
  const parts: string[] = []
  for (let row = 0; row < size; row += 1) {
    let start = -1
    for (let column = 0; column <= size; column += 1) {
      const isDark = column < size && modules.get(row, column) === 1
      if (isDark && start < 0) start = column
      if (isDark || start < 0) continue
      parts.push(`M${start + QUIET} ${row + QUIET}h${column - start}v1h-${column - start}z`)
      start = -1
    }
  }
  return { path: parts.join(''), size: size + 2 * QUIET }
}
