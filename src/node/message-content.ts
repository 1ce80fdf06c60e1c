/** What somebody wants to say, checked, as it goes into the history. */
import { MAX_REACTION, refText } from '../core/content.ts'
import type { Content } from '../core/entry.ts'
import type { MessageId, NodeId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { utf8Bytes } from '../core/sizes.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { StoredMessage } from '../store/store.ts'
import type { SendAs } from './api.ts'
import type { Network } from './network.ts'

const hint = 'Give its position, as #17.'

/** `#17`, an id, or `author/id`. */
const targetOf = (network: Network, text: string): StoredMessage => {
  const [, position] = /^#?(\d{1,9})$/.exec(text) ?? []
  const [author, id] = text.split('/')
  const found =
    position === undefined
      ? id === undefined
        ? network.store.messageById(text as MessageId)
        : network.store.messageById(id as MessageId, author as NodeId)
      : network.store.messages({ from: Number(position), limit: 1 })[0]
  if (found === undefined || found === null || found.position === 0)
    throw new ParleyError('USAGE', `${network.name} has no message ${text.slice(0, 100)}`, { hint })
  return found
}

const checkedText = (text: string): string => {
  const sound = text.toWellFormed()
  const bytes = utf8Bytes(sound)
  if (bytes <= limits.bodyBytes) return sound
  const data = { bytes, maxBytes: limits.bodyBytes }
  throw new ParleyError('TOO_LARGE', `The message has ${bytes} bytes`, { data })
}

/** Throws USAGE, TOO_LARGE, or REFUSED for what somebody else said. */
export const contentOf = (network: Network, said: string, as: SendAs): Content => {
  const { kind = 'text', about } = as
  const text = checkedText(said)
  if (text === '' && kind !== 'delete' && kind !== 'reaction')
    throw new ParleyError('USAGE', 'The message is empty')
  if (kind === 'text') {
    if (about === undefined) return { kind, text, ref: '' }
    throw new ParleyError('USAGE', 'A text is about no other message', { hint: 'Send a reply.' })
  }
  if (about === undefined) throw new ParleyError('USAGE', `Which message is it about?`, { hint })
  const target = targetOf(network, about)
  // Whoever answers or changes an edit means the message.
  const ref = target.content.kind === 'edit' ? target.content.ref : refText(target)
  if (target.content.kind === 'delete' || target.content.kind === 'reaction')
    throw new ParleyError('USAGE', `Message #${target.position} says nothing by itself`, {
      hint: 'Name the message that it is about.',
    })
  if (kind === 'reaction' && (text.length > MAX_REACTION || /\s/.test(text)))
    throw new ParleyError('USAGE', 'A reaction is one sign or a short word')
  const isOwn = target.author === network.context.id
  if ((kind === 'edit' || kind === 'delete') && !isOwn)
    throw new ParleyError(
      'REFUSED',
      `You may not ${kind} what ${network.nameOf(target.author)} said`,
      {
        hint: 'Everybody edits and deletes what they said themselves.',
      },
    )
  return { kind, text: kind === 'delete' ? '' : text, ref }
}
