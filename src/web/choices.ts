/** What Ctrl K offers: networks first, then what one can do. Pure. */
import { unreadCount, type Model } from '../view-model/model.ts'
import { plainLine } from '../view-model/plain-text.ts'
import { unreadMark } from '../view-model/words.ts'
import type { Dialog } from './page.ts'

interface Shown {
  readonly label: string
  readonly hint: string
}

export type Choice =
  | (Shown & { readonly kind: 'network'; readonly id: string })
  | (Shown & { readonly kind: 'offer'; readonly name: string })
  | (Shown & { readonly kind: 'dialog'; readonly dialog: Dialog })
  | (Shown & { readonly kind: 'command'; readonly command: string })

const ACTIONS: readonly Choice[] = [
  {
    kind: 'dialog',
    label: 'Join or create a network',
    hint: '/join /create',
    dialog: { kind: 'enter', how: 'join', target: '' },
  },
  { kind: 'dialog', label: 'Search messages', hint: 'Ctrl Shift F', dialog: { kind: 'search' } },
  { kind: 'command', label: 'Invite somebody', hint: '/invite', command: 'invite' },
  { kind: 'command', label: 'How everything is', hint: 'F2', command: 'status' },
  { kind: 'command', label: 'Last merge', hint: '/merge', command: 'merge' },
  {
    kind: 'dialog',
    label: 'This network',
    hint: 'topic, mute, leave',
    dialog: { kind: 'network' },
  },
  { kind: 'dialog', label: 'Settings', hint: 'colours, notes', dialog: { kind: 'settings' } },
  { kind: 'command', label: 'Keys and commands', hint: 'F1', command: 'help' },
]

/** All letters occur, in this order. */
const fits = (label: string, typed: string): boolean => {
  let at = 0
  const searched = label.toLowerCase()
  for (const letter of typed.toLowerCase().replace(/\s/g, '')) {
    at = searched.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}

/** Those that begin with it, then those that contain it, then those that fit somehow. */
const rank = (label: string, typed: string): number => {
  const at = label.toLowerCase().indexOf(typed.toLowerCase())
  return at === 0 ? 0 : at > 0 ? 1 : 2
}

export const choicesFor = (model: Model, typed: string): readonly Choice[] => {
  const networks = model.networks
    .map((network): Choice => {
      const { id, name } = network
      return { kind: 'network', id, label: plainLine(name), hint: unreadMark(network) }
    })
    .toSorted((a, b) => unreadOf(model, b) - unreadOf(model, a))
  const offers = model.offers
    .filter(({ joined }) => !joined)
    .map(({ name }): Choice => ({ kind: 'offer', name, label: plainLine(name), hint: 'join' }))
  return [...networks, ...offers, ...ACTIONS]
    .filter(({ label }) => fits(label, typed))
    .toSorted((a, b) => rank(a.label, typed) - rank(b.label, typed))
}

const unreadOf = (model: Model, choice: Choice): number => {
  if (choice.kind !== 'network') return 0
  const network = model.networks.find(({ id }) => id === choice.id)
  return network === undefined ? 0 : Math.min(1, unreadCount(network))
}
