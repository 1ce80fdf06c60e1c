/** Messages and events as lines for people. Names and texts come from others: none is trusted. */
import type { MessageView, NodeEvent, Who } from '../node/api.ts'
import type { StreamEvent } from '../node/local-api/types.ts'
import type { Output } from './output.ts'
import { saidOf } from '../view-model/said.ts'
import { noEffectText, removedText } from '../view-model/words.ts'
import { indented, plainLine } from '../view-model/plain-text.ts'

const MINUTE_OF_DAY = 16

/** `14:02` of an ISO time, by this machine's clock; '' if it is none. */
export const clockText = (iso: string): string => {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return ''
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(MINUTE_OF_DAY - 5, MINUTE_OF_DAY)
}

/** One message in one line, or more if its text has more. */
export const messageText = (message: MessageView, out: Output): string => {
  const { position, author, sentAt, storedBy, of } = message
  const place = out.style('dim', `#${position} ${clockText(sentAt)}`)
  const mark = storedBy < of ? out.style('dim', `  ✓ ${storedBy}/${of}`) : ''
  const { kind, text, quote, isEdited, reactions } = saidOf(message)
  const isText = kind === 'text' || message.folded === true
  const said = message.folded === true ? '(was not a member here)' : indented(text)
  const name = isText
    ? `${out.style('bold', plainLine(author.name))}:`
    : kind === 'note'
      ? '–'
      : '*'
  const about = quote === null ? '' : out.style('dim', `(${quote}) `)
  const more = [isEdited ? '(edited)' : '', reactions].filter((one) => one !== '')
  const after = more.length === 0 ? '' : out.style('dim', `  ${more.join('  ')}`)
  return `${place} ${name} ${about}${said}${after}${mark}`
}

const names = (all: readonly Who[]): string => all.map(({ name }) => plainLine(name)).join(', ')

const range = (from: number, to: number): string => {
  const count = to - from + 1
  return `#${from}–#${to}: ${count} ${count === 1 ? 'message' : 'messages'}`
}

/** One event in one line; '' for those that say nothing to people. */
export const eventText = (event: StreamEvent | { readonly event: 'end' }): string => {
  switch (event.event) {
    case 'leader':
      return event.leader === null ? '— no leader now' : `★ ${plainLine(event.leader.name)} leads`
    case 'view':
      return `— active: ${names(event.active)}`
    case 'split':
      return (
        `— you are cut off with ${event.active.length} of ${event.of}` +
        ` since ${clockText(event.since)}, still writable`
      )
    case 'whole':
      return '— everybody is there again'
    case 'merge':
      return `— history re-joined: ${mergeText(event)}`
    case 'caught-up':
      return `— you missed ${range(event.fromPosition, event.toPosition)}, all here`
    case 'refused':
      return `✗ ${event.ids.length} of your messages refused (${event.code})`
    case 'removed':
      return `✗ ${removedText(event)}`
    case 'fault':
      return `✗ cannot store at the moment: ${plainLine(event.message)} (${event.code})`
    case 'recovered':
      return '— storing again'
    case 'no-effect':
      return `✗ ${noEffectText(event)}`
    case 'two-stories':
      return `✗ ${plainLine(event.by.name)} led and told members different things: do not trust it`
    default:
      return ''
  }
}

const mergeText = (merge: Extract<NodeEvent, { readonly event: 'merge' }>): string => {
  const from = merge.authors.length === 0 ? '' : ` from ${names(merge.authors)}`
  const moved = merge.moved ? `, positions from #${merge.fromPosition} on have changed` : ''
  return `${range(merge.fromPosition, merge.toPosition)}${from}${moved}`
}

/** After a merge messages come again in new places: people need to see each only once. */
export class Shown {
  readonly #ids = new Set<string>()
  readonly #max: number

  constructor(max = 10_000) {
    this.#max = max
  }

  /** True the first time, and notes it. */
  isNew({ id, author }: MessageView): boolean {
    const key = `${author.id}/${id}`
    if (this.#ids.has(key)) return false
    this.#ids.add(key)
    if (this.#ids.size > this.#max) {
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest)
        break
      }
    }
    return true
  }
}
