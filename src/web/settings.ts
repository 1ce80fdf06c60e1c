/** What a person has chosen on this page; kept by the browser, for each node. */

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
}

export const defaultSettings: Settings = {
  theme: 'system',
  notifies: false,
  showsMembers: true,
  muted: [],
  ignored: [],
  network: null,
}

const MAX_LISTED = 1_000

const isText = (value: unknown): value is string => typeof value === 'string'

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(isText).slice(0, MAX_LISTED) : []

/** From what was saved; whatever makes no sense is as if it had not been chosen. */
export const parseSettings = (saved: string | null): Settings => {
  let given: Readonly<Record<string, unknown>> = {}
  try {
    const value: unknown = JSON.parse(saved ?? '{}')
    if (typeof value === 'object' && value !== null) given = { ...value }
  } catch {
    return defaultSettings
  }
  const { theme, notifies, showsMembers, muted, ignored, network } = given
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    notifies: notifies === true,
    showsMembers: showsMembers !== false,
    muted: texts(muted),
    ignored: texts(ignored),
    network: isText(network) ? network : null,
  }
}
