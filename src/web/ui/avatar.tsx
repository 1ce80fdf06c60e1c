/** A letter on a colour: the same for the same person, always. */
import type { Who } from '../../node/api.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { hueOf } from '../../view-model/hue.ts'

interface AvatarProps {
  readonly who: Who
  readonly isActive?: boolean | undefined
  readonly isSmall?: boolean
}

const HUES = 8

export const nameClass = (id: string): string => `hue-${hueOf(id, HUES)}`

export const Avatar = ({ who, isActive, isSmall = false }: AvatarProps) => {
  const [letter = '?'] = Array.from(plainLine(who.name).toUpperCase())
  const presence = isActive === undefined ? '' : isActive ? 'is-active' : 'is-away'
  return (
    <span
      className={`avatar ${nameClass(who.id)} ${isSmall ? 'is-small' : ''} ${presence}`}
      aria-hidden="true"
    >
      {letter}
    </span>
  )
}
