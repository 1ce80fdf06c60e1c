/** Where messages are written. */
import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type RefObject } from 'react'

import { currentNetwork, type Draft, type NetworkModel } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { newer, older, remember } from '../../view-model/typed.ts'
import { closedText } from '../../view-model/words.ts'
import { showPicked } from '../actions.ts'
import { offersFor, type Offers } from '../completions.ts'
import type { About, Page } from '../page.ts'
import { EmojiPicker } from './emoji-picker.tsx'
import { Icon, IconButton } from './icons.tsx'
import { usePage, usePageState } from './use-page.ts'

const MAX_HEIGHT = 220

const emptyDraft: Draft = { text: '', cursor: 0 }

/** Sends what is written, or does what it says. */
const enter = (page: Page): void => {
  const { text } = page.draft
  const { about } = page.state()
  if (about !== null && text.trim() !== '' && !text.startsWith('/')) {
    page.finishAbout(about)
    return
  }
  const typed = remember(page.state().typed, text)
  const outcome = page.commands.enter(text, () => {
    page.setDraft(emptyDraft)
    page.update({ typed })
  })
  if (outcome === 'taken') page.keepChoices()
  if (outcome === 'nothing') showPicked(page)
}

/** ↑ and ↓ at the edge of an empty line, or of one that was recalled. */
const recall = (page: Page, key: string): boolean => {
  const { typed } = page.state()
  const { text } = page.draft
  if (text !== '' && typed.index === null) return false
  const moved = key === 'ArrowUp' ? older(typed, text) : newer(typed)
  if (moved === null) return false
  const [next, line] = moved
  page.update({ typed: next })
  page.setDraft({ text: line, cursor: line.length })
  return true
}

/** The box is as high as what is in it, up to a limit; the cursor is where the draft has it. */
const useShape = (input: RefObject<HTMLTextAreaElement | null>, { text, cursor }: Draft): void => {
  useLayoutEffect(() => {
    const element = input.current
    if (element === null) return
    element.style.height = 'auto'
    element.style.height = `${Math.min(element.scrollHeight, MAX_HEIGHT)}px`
    if (document.activeElement === element && element.selectionStart !== cursor)
      if (element.selectionStart === element.selectionEnd) element.setSelectionRange(cursor, cursor)
  }, [input, text, cursor])
}

interface OffersListProps {
  readonly id: string
  readonly offers: Offers
  readonly index: number
  readonly onTake: (index: number) => void
}

const OffersList = ({ id, offers, index, onTake }: OffersListProps) => (
  <ul className="offers" id={id} role="listbox" aria-label="Completions">
    {offers.offers.map(({ text, label, hint }, at) => (
      <li
        key={text}
        id={`${id}-${at}`}
        role="option"
        aria-selected={at === index}
        onPointerDown={(event) => {
          event.preventDefault()
          onTake(at)
        }}
      >
        <span className="offer-label">{label}</span>
        <span className="offer-hint">{hint}</span>
      </li>
    ))}
  </ul>
)

interface Completing {
  readonly offers: Offers | null
  readonly index: number
  readonly take: (index: number) => void
  readonly onKey: (event: KeyboardEvent) => boolean
}

const useCompleting = (page: Page, draft: Draft): Completing => {
  const [asked, setAsked] = useState<string | null>(null)
  const [dismissed, setDismissed] = useState<string | null>(null)
  const [index, setIndex] = useState(0)
  const offers =
    dismissed === draft.text ? null : offersFor(page.model, draft, asked === draft.text)
  const count = offers?.offers.length ?? 0
  const at = count === 0 ? 0 : index % count
  const take = (chosen: number, from: Offers | null = offers): void => {
    const offer = from?.offers[chosen]
    if (from === null || offer === undefined) return
    setIndex(0)
    const text = draft.text.slice(0, from.from) + offer.text + draft.text.slice(from.to)
    page.setDraft({ text, cursor: from.from + offer.text.length })
  }
  const onTab = (): boolean => {
    if (offers !== null) {
      take(at)
      return true
    }
    const found = offersFor(page.model, draft, true)
    if (found === null) return false
    if (found.offers.length === 1) take(0, found)
    else setAsked(draft.text)
    return true
  }
  const onKey = ({ key, shiftKey, altKey, ctrlKey }: KeyboardEvent): boolean => {
    if (altKey || ctrlKey) return false
    if (key === 'Tab' && !shiftKey) return onTab()
    if (offers === null) return false
    if (key === 'ArrowDown') setIndex((at + 1) % count)
    else if (key === 'ArrowUp') setIndex((at + count - 1) % count)
    else if (key === 'Enter' && !shiftKey) take(at)
    else if (key === 'Escape') setDismissed(draft.text)
    else return false
    return true
  }
  return { offers, index: at, take, onKey }
}

const placeholderFor = (network: NetworkModel | null): string =>
  network === null ? 'Paste an invite, or /create NAME' : `Message ${plainLine(network.name)}`

/** Puts a text in where the cursor is. */
const put = (page: Page, text: string): void => {
  const { text: before, cursor } = page.draft
  const next = before.slice(0, cursor) + text + before.slice(cursor)
  page.setDraft({ text: next, cursor: cursor + text.length })
  page.focusComposer()
}

/** Enter sends, unless something is offered; with Shift or Alt it begins a line. */
const onKey = (page: Page, completing: Completing, event: KeyboardEvent): void => {
  if (event.nativeEvent.isComposing) return
  const { key, shiftKey, ctrlKey, altKey, metaKey } = event
  const isPlain = !shiftKey && !ctrlKey && !altKey && !metaKey
  const isTaken =
    completing.onKey(event) ||
    (isPlain && (key === 'ArrowUp' || key === 'ArrowDown') && recall(page, key))
  const isEnter = key === 'Enter' && !shiftKey
  if (!isTaken && isEnter && !altKey) enter(page)
  if (!isTaken && isEnter && altKey) put(page, '\n')
  if (!isTaken && !isEnter) return
  event.preventDefault()
  event.stopPropagation()
}

interface InputProps {
  readonly draft: Draft
  readonly completing: Completing
  readonly listId: string
  readonly place: string
}

const Input = ({ draft, completing, listId, place }: InputProps) => {
  const page = usePage()
  const input = useRef<HTMLTextAreaElement>(null)
  const { offers, index } = completing
  useShape(input, draft)
  useLayoutEffect(() => {
    page.composer = input.current
  }, [page])
  return (
    <textarea
      ref={input}
      rows={1}
      value={draft.text}
      placeholder={place}
      aria-label={place}
      aria-autocomplete="list"
      aria-controls={offers === null ? undefined : listId}
      aria-activedescendant={offers === null ? undefined : `${listId}-${index}`}
      enterKeyHint="send"
      spellCheck
      onChange={({ target }) => page.write({ text: target.value, cursor: target.selectionStart })}
      onSelect={({ currentTarget: { value, selectionStart } }) => {
        if (value === page.draft.text && selectionStart !== page.draft.cursor)
          page.setDraft({ text: value, cursor: selectionStart })
      }}
      onKeyDown={(event) => onKey(page, completing, event)}
    />
  )
}

/** What is written is about another message: which, and a way out. */
const AboutBar = ({ about }: { readonly about: About }) => {
  const page = usePage()
  const { kind, message } = about
  const name = plainLine(message.author.name)
  const words = kind === 'edit' ? 'Editing your message' : `Replying to ${name}`
  return (
    <div className="about-bar">
      <p>
        <strong>{words}</strong> {plainLine(message.text).slice(0, 120)}
      </p>
      <IconButton icon="close" label="Not about that message" onClick={() => page.stopAbout()} />
    </div>
  )
}

export const Composer = () => {
  const page = usePage()
  const { model, draft: loose, about } = usePageState()
  const network = currentNetwork(model)
  const draft = network?.draft ?? loose
  const id = useId()
  const [picksEmoji, setPicksEmoji] = useState(false)
  const completing = useCompleting(page, draft)
  const { offers, index, take } = completing
  const closed = network === null ? null : closedText(network, model.self)
  const onEmoji = (char: string): void => {
    setPicksEmoji(false)
    put(page, char)
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        enter(page)
      }}
    >
      {offers === null ? null : <OffersList id={id} offers={offers} index={index} onTake={take} />}
      {picksEmoji ? <EmojiPicker onPick={onEmoji} onClose={() => setPicksEmoji(false)} /> : null}
      {closed === null ? null : <p className="composer-closed">{closed}</p>}
      {about === null ? null : <AboutBar about={about} />}
      <div className="composer-box">
        <Input draft={draft} completing={completing} listId={id} place={placeholderFor(network)} />
        <IconButton icon="smile" label="Emoji" onClick={() => setPicksEmoji(!picksEmoji)} />
        <button
          type="submit"
          className="send-button"
          aria-label="Send"
          title="Send (Enter)"
          disabled={draft.text.trim() === ''}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  )
}
