/** What the composer offers for the word before the cursor. Pure. */
import { paneCommands } from '../view-model/commands.ts'
import { completionFor } from '../view-model/completion.ts'
import { currentNetwork, type Draft, type Model } from '../view-model/model.ts'
import { findEmoji } from './emoji.ts'

export interface Offer {
  /** What is put in. */
  readonly text: string
  readonly label: string
  readonly hint: string
}

export interface Offers {
  readonly from: number
  readonly to: number
  readonly offers: readonly Offer[]
}

const MAX_OFFERS = 8
const MIN_EMOJI = 2

const emojiOffers = ({ text, cursor }: Draft): Offers | null => {
  const typed = /(?:^|\s):([a-z_]+)$/i.exec(text.slice(0, cursor))?.[1]
  if (typed === undefined || typed.length < MIN_EMOJI) return null
  const found = findEmoji(typed).slice(0, MAX_OFFERS)
  if (found.length === 0) return null
  const offers = found.map(({ name, char }) => ({ text: `${char} `, label: char, hint: name }))
  return { from: cursor - typed.length - 1, to: cursor, offers }
}

const hintOf = (candidate: string): string => {
  const name = /^\/(\S+) $/.exec(candidate)?.[1]
  const command = paneCommands.find((one) => one.name === name)
  return command === undefined ? '' : `${command.usage} ${command.summary}`.trim()
}

/** Without `isAsked` (Tab) only what is clearly meant: a command, an @name, an :emoji. */
export const offersFor = (model: Model, draft: Draft, isAsked: boolean): Offers | null => {
  const emoji = emojiOffers(draft)
  if (emoji !== null) return emoji
  const word = /\S*$/.exec(draft.text.slice(0, draft.cursor))?.[0] ?? ''
  if (!isAsked && !/^[@/]/.test(word)) return null
  const network = currentNetwork(model)
  const speakers = (network?.timeline.messages ?? []).map(({ author }) => author.name).toReversed()
  const members = (network?.members ?? []).map(({ name }) => name)
  const found = completionFor(draft, {
    commands: paneCommands,
    networks: [...model.networks, ...model.offers].map(({ name }) => name),
    names: [...new Set([...speakers, ...members])].filter((name) => name !== model.self.name),
  })
  // What is there already need not be offered.
  const isDone = found?.candidates.some((one) => one.trim() === word) === true
  if (found === null || isDone) return null
  const offers = found.candidates
    .slice(0, MAX_OFFERS)
    .map((text) => ({ text, label: text.trim(), hint: hintOf(text) }))
  return { from: found.from, to: found.to, offers }
}
