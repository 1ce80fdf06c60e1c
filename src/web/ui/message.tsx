/** One message, and one that waits. */
import { memo, useState } from 'react'

import { clock, fullTime } from '../../chat/clock.ts'
import type { MessageView, Who } from '../../node/api.ts'
import { saidOf } from '../../view-model/said.ts'
import type { PendingMessage } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { deliveryMark, missingText, pendingMark } from '../../view-model/words.ts'
import { isOnlyEmoji } from '../emoji.ts'
import { MessageText } from '../markdown/elements.tsx'
import { Avatar, nameClass } from './avatar.tsx'
import { MessageActions, Reactions } from './message-actions.tsx'
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
  readonly self: Who
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

/** What somebody did to another message: one quiet line. */
const Note = ({ message, text }: { readonly message: MessageView; readonly text: string }) => (
  <p className="quiet-mark" id={`m${message.position}`}>
    {text.slice(0, MAX_SHOWN)}
  </p>
)

const Head = ({ message }: { readonly message: MessageView }) => (
  <div className="message-head">
    <Author message={message} />
    <time dateTime={message.sentAt} title={fullTime(message.sentAt)}>
      {clock(message.sentAt)}
    </time>
  </div>
)

/** The message that it replies to, in one line, with a way there. */
const Quoted = ({ message, quote }: { readonly message: MessageView; readonly quote: string }) => {
  const page = usePage()
  const position = message.about?.position ?? null
  if (position === null) return <p className="quoted">{quote}</p>
  return (
    <button
      type="button"
      className="quoted"
      tabIndex={-1}
      title={`Go to #${position}`}
      onClick={() => page.jump(position)}
    >
      {quote}
    </button>
  )
}

const Body = ({ message, self, isIgnored }: MessageProps) => {
  const said = saidOf(message)
  if (isIgnored) return <p className="hidden-text">(ignored)</p>
  return (
    <>
      {said.quote === null ? null : <Quoted message={message} quote={said.quote} />}
      {said.kind === 'action' ? (
        <p className="message-text is-action" dir="auto">
          {said.text.slice(0, MAX_SHOWN)}
        </p>
      ) : (
        <Text text={message.text} self={self.name} />
      )}
      {said.isEdited ? <span className="edited">(edited)</span> : null}
      <Reactions message={message} selfId={self.id} />
    </>
  )
}

const classesOf = ({ isContinued, isSelected, isMention, isOwn }: MessageProps): string =>
  [
    'message',
    isContinued ? 'is-continued' : '',
    isSelected ? 'is-selected' : '',
    isMention ? 'is-mention' : '',
    isOwn ? 'is-own' : '',
  ]
    .filter((name) => name !== '')
    .join(' ')

export const Message = memo((props: MessageProps) => {
  const { message, isOwn, isContinued, isIgnored } = props
  const { author, sentAt, position } = message
  const said = saidOf(message)
  if (said.kind === 'note' && !isIgnored) return <Note message={message} text={said.text} />
  return (
    <article
      className={classesOf(props)}
      id={`m${position}`}
      aria-label={`${plainLine(author.name)}, ${clock(sentAt)}`}
    >
      <div className="message-side">
        {isContinued ? <time dateTime={sentAt}>{clock(sentAt)}</time> : <Avatar who={author} />}
      </div>
      <div className="message-body">
        {isContinued ? null : <Head message={message} />}
        <Body {...props} />
      </div>
      {isOwn ? <Delivery message={message} /> : null}
      <MessageActions message={message} isOwn={isOwn} />
    </article>
  )
})

interface PendingProps {
  readonly pending: PendingMessage
  readonly name: string
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
