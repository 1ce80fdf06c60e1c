/** What one can do with a message: by pointing at it, or from its details. */
import { useState } from 'react'

import type { MessageView } from '../../node/api.ts'
import { plainLine, plainText } from '../../view-model/plain-text.ts'
import type { Page } from '../page.ts'
import { IconButton } from './icons.tsx'
import { usePage } from './use-page.ts'

const QUICK = ['👍', '❤️', '😂', '🎉', '👀', '🙏']

const copyText = (page: Page, { text }: MessageView): void => {
  navigator.clipboard.writeText(plainText(text)).then(
    () => page.say('Copied'),
    () => page.say('✗ The browser does not allow copying here', 'error'),
  )
}

const askToDelete = (page: Page, message: MessageView): void => {
  page.dispatch({ kind: 'overlay', overlay: null })
  page.update({ dialog: { kind: 'delete', message } })
}

interface ReactProps {
  readonly message: MessageView
  readonly onDone: () => void
}

const Quick = ({ message, onDone }: ReactProps) => {
  const page = usePage()
  return (
    <div className="quick-reactions" role="group" aria-label="Reactions">
      {QUICK.map((char) => (
        <button
          key={char}
          type="button"
          aria-label={`React with ${char}`}
          onClick={() => {
            onDone()
            page.react(message, char)
          }}
        >
          {char}
        </button>
      ))}
    </div>
  )
}

interface ActionsProps {
  readonly message: MessageView
  readonly isOwn: boolean
}

export const MessageActions = ({ message, isOwn }: ActionsProps) => {
  const page = usePage()
  const [reacts, setReacts] = useState(false)
  const details = (): void => void page.commands.run('trace', `#${message.position}`)
  return (
    <div className="message-actions" onMouseLeave={() => setReacts(false)}>
      {reacts ? (
        <Quick message={message} onDone={() => setReacts(false)} />
      ) : (
        <>
          <IconButton icon="smile" label="React" isQuiet onClick={() => setReacts(true)} />
          <IconButton
            icon="quote"
            label="Reply"
            isQuiet
            onClick={() => page.begin('reply', message)}
          />
          {isOwn ? (
            <IconButton
              icon="edit"
              label="Edit"
              isQuiet
              onClick={() => page.begin('edit', message)}
            />
          ) : null}
          <IconButton
            icon="copy"
            label="Copy text"
            isQuiet
            onClick={() => copyText(page, message)}
          />
          <IconButton icon="info" label="Where it is stored" isQuiet onClick={details} />
        </>
      )}
    </div>
  )
}

/** The same with words, in the details of a message, for the keyboard as well. */
export const MessageButtons = ({ message, isOwn }: ActionsProps) => {
  const page = usePage()
  return (
    <>
      <Quick message={message} onDone={() => page.dispatch({ kind: 'overlay', overlay: null })} />
      <div className="actions">
        <button type="button" className="button" onClick={() => page.begin('reply', message)}>
          Reply
        </button>
        {isOwn ? (
          <>
            <button type="button" className="button" onClick={() => page.begin('edit', message)}>
              Edit
            </button>
            <button
              type="button"
              className="button is-danger"
              onClick={() => askToDelete(page, message)}
            >
              Delete
            </button>
          </>
        ) : null}
        <button type="button" className="button" onClick={() => copyText(page, message)}>
          Copy text
        </button>
      </div>
    </>
  )
}

interface ReactionsProps {
  readonly message: MessageView
  readonly selfId: string
}

/** Who reacted how; a click joins in, or takes back. */
export const Reactions = ({ message, selfId }: ReactionsProps) => {
  const page = usePage()
  const { reactions = [] } = message
  if (reactions.length === 0) return null
  return (
    <div className="reactions">
      {reactions.map(({ text, by }) => {
        const isMine = by.some(({ id }) => id === selfId)
        const names = by.map(({ name }) => plainLine(name)).join(', ')
        return (
          <button
            key={text}
            type="button"
            tabIndex={-1}
            aria-pressed={isMine}
            title={names}
            aria-label={`${plainLine(text)} by ${names}`}
            onClick={() => page.react(message, isMine ? '' : text)}
          >
            {plainLine(text).slice(0, 16)} {by.length}
          </button>
        )
      })}
    </div>
  )
}
