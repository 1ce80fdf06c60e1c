/** Whether a text speaks to somebody by name. */
import type { MessageView, Who } from '../node/api.ts'

const isWordChar = (char: string | undefined): boolean =>
  char !== undefined && /[\p{L}\p{N}_]/u.test(char)

/** The name stands there as a word of its own, in any case; names may have spaces. */
export const isMention = (text: string, name: string): boolean => {
  const wanted = name.trim().toLowerCase()
  if (wanted === '') return false
  const searched = text.toLowerCase()
  const charsBefore = (at: number): string[] => Array.from(searched.slice(Math.max(0, at - 2), at))
  for (let at = searched.indexOf(wanted); at >= 0; at = searched.indexOf(wanted, at + 1)) {
    const before = charsBefore(at).at(-1)
    const [after] = Array.from(searched.slice(at + wanted.length, at + wanted.length + 2))
    if (!isWordChar(before) && !isWordChar(after)) return true
  }
  return false
}

/** Whether a message speaks to somebody: by name, or as a reply to what they said. */
export const callsFor = ({ author, kind, about, text }: MessageView, self: Who): boolean => {
  if (author.id === self.id || (kind !== undefined && kind !== 'reply')) return false
  return about?.author.id === self.id || isMention(text, self.name)
}
