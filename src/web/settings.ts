/** What a person has chosen on this page; kept by the browser, for each node. */

import type { Model } from '../view-model/model.ts'

export type Theme = 'system' | 'light' | 'dark'

export interface Settings {
  readonly theme: Theme
  /** Notes on the desktop when somebody is spoken to. */
  readonly notifies: boolean
  readonly showsMembers: boolean
  /** Networks that call nobody, and people whose messages are hidden. */
  readonly muted: readonly string[]
  readonly ignored: readonly string[]
  /** The network that was open last. */
  readonly network: string | null
  /** What was written and not sent, by network. */
  readonly drafts: Readonly<Record<string, string>>
}

export const defaultSettings: Settings = {
  theme: 'system',
  notifies: false,
  showsMembers: true,
  muted: [],
  ignored: [],
  network: null,
  drafts: {},
}

const MAX_LISTED = 1_000

const isText = (value: unknown): value is string => typeof value === 'string'

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(isText).slice(0, MAX_LISTED) : []

const textsByName = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([, text]) => isText(text)))
    : {}

/** Longer ones are not kept: there is no end of room in a browser. */
const MAX_DRAFT = 10_000

/** What would be lost with this page: what is being written, and what no node has taken yet. */
export const draftsOf = ({ networks }: Model): Readonly<Record<string, string>> =>
  Object.fromEntries(
    networks.flatMap(({ id, draft, pending }) => {
      const waiting = pending.filter(({ state }) => state === 'handed-over')
      const text = [...waiting.map((one) => one.text), draft.text].join('\n').trim()
      return text === '' || text.length > MAX_DRAFT ? [] : [[id, text]]
    }),
  )

/** From what was saved; whatever makes no sense is as if it had not been chosen. */
export const parseSettings = (saved: string | null): Settings => {
  let given: Readonly<Record<string, unknown>> = {}
  try {
    const value: unknown = JSON.parse(saved ?? '{}')
    if (typeof value === 'object' && value !== null) given = { ...value }
  } catch {
    return defaultSettings
  }
  const { theme, notifies, showsMembers, muted, ignored, network, drafts } = given
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    notifies: notifies === true,
    showsMembers: showsMembers !== false,
    muted: texts(muted),
    ignored: texts(ignored),
    network: isText(network) ? network : null,
    drafts: textsByName(drafts),
  }
}
