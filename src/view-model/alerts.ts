/** What is worth calling somebody: a mention, wherever it is, unless they look at it. */
import type { MessageView } from '../node/api.ts'
import { callsFor } from './mention.ts'
import { networkOf, type Model } from './model.ts'

export interface Alert {
  readonly network: string
  readonly message: MessageView
}

/** The newest message among these that calls the user; null if none does. */
export const alertFor = (
  model: Model,
  networkId: string,
  messages: readonly MessageView[],
): Alert | null => {
  const network = networkOf(model, networkId)
  if (network === null || network.isMuted) return null
  if (model.isFocused && model.currentId === networkId && network.scroll.kind === 'end') return null
  const calls = messages.filter(
    (message) =>
      message.position > network.readUpTo &&
      message.position > network.timeline.newest &&
      !model.ignored.includes(message.author.id) &&
      callsFor(message, model.self),
  )
  const message = calls.at(-1)
  return message === undefined ? null : { network: networkId, message }
}
