/** One message, and one that waits. */
import { memo, useState } from 'react'

import { clock, fullTime } from '../../chat/clock.ts'
import type { MessageView } from '../../node/api.ts'
import { actionText } from '../../view-model/said.ts'
import type { PendingMessage } from '../../view-model/model.ts'
import { plainLine, plainText } from '../../view-model/plain-text.ts'
import { deliveryMark, missingText, pendingMark } from '../../view-model/words.ts'
import { isOnlyEmoji } from '../emoji.ts'
import { MessageText } from '../markdown/elements.tsx'
import { Avatar, nameClass } from './avatar.tsx'
import { IconButton } from './icons.tsx'
import { usePage } from './use-page.ts'

/** Longer ones are shown in part, until somebody asks for the rest. */
const MAX_SHOWN = 6_000
const MAX_LINES = 60

const isLong = (text: string): boolean =>
  text.length > MAX_SHOWN || text.split('\n', MAX_LINES + 1).length > MAX_LINES

const startOf = (text: string): string => text.split('\n', MAX_LINES).join('\n').slice(0, MAX_SHOWN)

interface TextProps {
  readonly text: string
  readonly self: string
}

const Text = ({ text, self }: TextProps) => {
  const [isWhole, setWhole] = useState(false)
  const isCut = !isWhole && isLong(text)
  const className = isOnlyEmoji(text) ? 'message-text only-emoji' : 'message-text'
  return (
    <div className={className} dir="auto">
      <MessageText text={isCut ? `${startOf(text)}…` : text} self={self} />
      {isCut ? (
        <button type="button" className="text-button" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </button>
      ) : null}
    </div>
  )
}

interface MessageProps {
  readonly message: MessageView
  readonly self: string
  readonly isOwn: boolean
  readonly isIgnored: boolean
  readonly isContinued: boolean
  readonly isSelected: boolean
  readonly isMention: boolean
}

const Delivery = ({ message }: { readonly message: MessageView }) => {
  const page = usePage()
  const mark = deliveryMark(message)
  const missing = missingText(message)
  const isStored = missing === ''
  return (
    <button
      type="button"
      className={isStored ? 'delivery' : 'delivery is-open'}
      tabIndex={-1}
      title={isStored ? `Stored by ${message.storedBy} of ${message.of}` : missing}
      aria-label={`${mark}, stored by ${message.storedBy} of ${message.of}. ${missing}`}
      onClick={() => void page.commands.run('trace', `#${message.position}`)}
    >
      {mark}
    </button>
  )
}

const Actions = ({ message }: { readonly message: MessageView }) => {
  const page = usePage()
  const quote = (): void => {
    const lines = plainText(message.text).split('\n', 4)
    const text = `${lines.map((line) => `> ${line.slice(0, 200)}`).join('\n')}\n\n`
    page.setDraft({ text: text + page.draft.text, cursor: text.length + page.draft.text.length })
    page.focusComposer()
  }
  const copy = (): void => {
    navigator.clipboard.writeText(plainText(message.text)).then(
      () => page.say('Copied'),
      () => page.say('✗ The browser does not allow copying here', 'error'),
    )
  }
  const details = (): void => void page.commands.run('trace', `#${message.position}`)
  return (
    <div className="message-actions">
      <IconButton icon="quote" label="Quote" isQuiet onClick={quote} />
      <IconButton icon="copy" label="Copy text" isQuiet onClick={copy} />
      <IconButton icon="info" label="Where it is stored" isQuiet onClick={details} />
    </div>
  )
}

const Author = ({ message }: { readonly message: MessageView }) => {
  const page = usePage()
  const { author } = message
  return (
    <button
      type="button"
      className={`author ${nameClass(author.id)}`}
      tabIndex={-1}
      onClick={() => page.dispatch({ kind: 'overlay', overlay: { kind: 'member', id: author.id } })}
    >
      {plainLine(author.name)}
    </button>
  )
}

export const Message = memo((props: MessageProps) => {
  const { message, self, isOwn, isIgnored, isContinued, isSelected, isMention } = props
  const { author, sentAt, position } = message
  const action = actionText(message.text)
  const classes = ['message']
  if (isContinued) classes.push('is-continued')
  if (isSelected) classes.push('is-selected')
  if (isMention) classes.push('is-mention')
  if (isOwn) classes.push('is-own')
  return (
    <article
      className={classes.join(' ')}
      id={`m${position}`}
      aria-label={`${plainLine(author.name)}, ${clock(sentAt)}`}
    >
      <div className="message-side">
        {isContinued ? null : <Avatar who={author} />}
        {isContinued ? <time dateTime={sentAt}>{clock(sentAt)}</time> : null}
      </div>
      <div className="message-body">
        {isContinued ? null : (
          <div className="message-head">
            <Author message={message} />
            <time dateTime={sentAt} title={fullTime(sentAt)}>
              {clock(sentAt)}
            </time>
          </div>
        )}
        {isIgnored ? (
          <p className="hidden-text">(ignored)</p>
        ) : action === null ? (
          <Text text={message.text} self={self} />
        ) : (
          <div className="message-text is-action" dir="auto">
            <MessageText
              text={`* ${plainLine(author.name)} ${action}`.replace(/^\*/, '\\*')}
              self={self}
            />
          </div>
        )}
      </div>
      {isOwn ? <Delivery message={message} /> : null}
      <Actions message={message} />
    </article>
  )
})

interface PendingProps {
  readonly pending: PendingMessage
  readonly name: string
  readonly isContinued: boolean
}

/** Written here, and without a place in the history yet. */
export const Pending = memo(({ pending, name }: PendingProps) => {
  const page = usePage()
  const isFailed = pending.state === 'failed'
  const again = (): void => {
    page.setDraft({ text: pending.text, cursor: pending.text.length })
    page.focusComposer()
  }
  return (
    <article className={`message is-own is-pending ${isFailed ? 'is-failed' : ''}`}>
      <div className="message-side" />
      <div className="message-body">
        <span className="visually-hidden">{plainLine(name)}</span>
        <Text text={pending.text} self={name} />
        {isFailed ? (
          <button type="button" className="text-button" onClick={again}>
            Write it again
          </button>
        ) : null}
      </div>
      <span
        className={isFailed ? 'delivery is-failed' : 'delivery is-open'}
        title={isFailed ? 'It was not sent' : 'Safe on your disk, goes out by itself'}
      >
        {pendingMark(pending)}
      </span>
    </article>
  )
})
