/**
 * Names of groups, and who holds one.
 *
 * A name is held by one group at a time: whoever asks for a taken one is refused. Two names are the
 * same if they differ only in letter case or in how Unicode encodes them. Still two groups can end
 * up with one name: the registry was lost and somebody took the name before its holder renewed its
 * lease, or a group was renamed. Then the group that this registry has known longer under the name
 * holds it, and the other is listed with a part of its id added (`lobby~Zm9vYmFy`) until the name
 * is free. Both stay reachable, nobody is renamed, and no one can take a name over by claiming to
 * be older: only the registry's own clock counts. Unlisted groups hold no names.
 */
import { limits } from '../core/limits.ts'

// Joiners are part of emoji and of some scripts; else what is invisible or reorders
// text is not welcome.
const unprintable = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]|[\p{Zl}\p{Zp}]|(?! )\p{Zs}/u

/** Whether a name has 1 to 64 characters, all printable, with no spaces around them. */
export const isPrintableName = (name: string): boolean => {
  const { length } = Array.from(name)
  return (
    length >= 1 && length <= limits.nameLength && name.trim() === name && !unprintable.test(name)
  )
}

/** Equal for names that count as the same. */
export const nameKey = (name: string): string => name.normalize('NFKC').toLowerCase()

/** Ever longer names for a group whose own is taken; the last is unique, as the id is. */
export const aliases = (name: string, id: string): readonly string[] =>
  [8, 16, id.length].map((chars) => `${name}~${id.slice(0, chars)}`)
