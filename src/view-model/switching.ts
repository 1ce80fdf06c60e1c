/** Which network comes next. */
import { unreadCount, type Model } from './model.ts'

/** The one `step` places further, around the corner; null if there is none. */
export const neighbour = ({ networks, currentId }: Model, step: 1 | -1): string | null => {
  const index = networks.findIndex(({ id }) => id === currentId)
  const { length } = networks
  return networks[(Math.max(index, 0) + step + length) % Math.max(length, 1)]?.id ?? null
}

/** The next with unread messages after the current one; mentions come first. */
export const nextUnread = ({ networks, currentId }: Model): string | null => {
  const index = networks.findIndex(({ id }) => id === currentId)
  const others = [...networks.slice(index + 1), ...networks.slice(0, Math.max(index, 0))]
  const open = others.filter((network) => unreadCount(network) > 0 && !network.isMuted)
  const spoken = open.find(({ mentions }) => mentions.length > 0)
  return (spoken ?? open[0])?.id ?? null
}
