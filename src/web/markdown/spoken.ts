/** Which words of a text are names that are spoken to. */
import { isMention } from '../../view-model/mention.ts'

export interface SpokenPart {
  readonly text: string
  readonly kind: 'plain' | 'name' | 'self'
}

const NOT_AFTER_WORD = String.raw`(?<![\p{L}\p{N}_])`

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** `@name` of anybody, and the reader's own name wherever it is a mention. */
export const spokenParts = (text: string, self: string): readonly SpokenPart[] => {
  const name = self.trim()
  const own = name === '' ? '(?!)' : escapeRegExp(name)
  const pattern = new RegExp(
    [
      String.raw`${NOT_AFTER_WORD}@?${own}(?![\p{L}\p{N}_])`,
      String.raw`${NOT_AFTER_WORD}@[\p{L}\p{N}_.-]*[\p{L}\p{N}_]`,
    ].join('|'),
    'giu',
  )
  const parts: SpokenPart[] = []
  let at = 0
  for (const { 0: found, index } of text.matchAll(pattern)) {
    if (index > at) parts.push({ text: text.slice(at, index), kind: 'plain' })
    parts.push({ text: found, kind: isMention(found, self) ? 'self' : 'name' })
    at = index + found.length
  }
  if (at < text.length) parts.push({ text: text.slice(at), kind: 'plain' })
  return parts
}
