/** What actions that keys ask for do. */
import { currentNetwork } from '../view-model/model.ts'
import { neighbour, nextUnread } from '../view-model/switching.ts'
import { messageAt } from '../view-model/timeline.ts'
import type { Action } from './keys.ts'
import type { Page } from './page.ts'

const open = (page: Page, id: string | null): void => {
  if (id !== null) page.open(id)
  page.focusComposer()
}

const toEnd = (page: Page): void =>
  page.dispatch({ kind: 'scroll', scroll: { kind: 'end' } }, { kind: 'select', position: null })

const toUnread = (page: Page): void => {
  const after = currentNetwork(page.model)?.unreadAfter ?? null
  if (after === null) page.say('Nothing unread here.')
  else page.jump(after + 1)
}

/** Picks the message above or below the picked one; at first the newest in sight. */
const pick = (page: Page, step: 1 | -1): void => {
  const network = currentNetwork(page.model)
  if (network === null) return
  const { selected, timeline, scroll } = network
  const start = scroll.kind === 'at' ? scroll.position : timeline.newest
  const next = selected === null ? start : selected + step
  if (messageAt(timeline, next) === null) return
  page.dispatch({ kind: 'select', position: next })
  requestAnimationFrame(() =>
    document.querySelector(`#m${next}`)?.scrollIntoView({ block: 'nearest' }),
  )
}

/** Where the message that was picked is stored. */
export const showPicked = (page: Page): void => {
  const selected = currentNetwork(page.model)?.selected ?? null
  if (selected !== null) void page.commands.run('trace', `#${selected}`)
}

const scrollPage = (page: Page, step: 1 | -1): void => {
  const box = page.scrollBox
  box?.scrollBy({ top: step * (box.clientHeight - 48) })
}

/** Closes what lies over the page; if nothing does, back to the newest message. */
const close = (page: Page): void => {
  const { drawer, model } = page.state()
  if (drawer !== null || model.overlay !== null) page.closeAll()
  else if (page.state().about !== null) page.stopAbout()
  else toEnd(page)
  page.focusComposer()
}

/** True if the action is one of this page's now; what lies over the page leaves most to itself. */
export const carryOut = (page: Page, action: Action, isCovered: boolean): boolean => {
  if (isCovered) {
    if (action.kind !== 'switcher' && action.kind !== 'help') return false
    page.closeAll()
  }
  switch (action.kind) {
    case 'switcher':
    case 'search':
      page.update({ dialog: { kind: action.kind } })
      return true
    case 'help':
    case 'status':
      page.dispatch({ kind: 'overlay', overlay: { kind: action.kind, top: 0 } })
      return true
    case 'members':
      page.toggleMembers()
      return true
    case 'close':
      close(page)
      return true
    case 'step':
      open(page, neighbour(page.model, action.step))
      return true
    case 'nth':
      open(page, page.model.networks[action.index]?.id ?? null)
      return true
    case 'next-unread':
      open(page, nextUnread(page.model))
      return true
    case 'first-unread':
      toUnread(page)
      return true
    case 'to-start':
      page.jump(1)
      return true
    case 'to-end':
      toEnd(page)
      return true
    case 'pick':
      pick(page, action.step)
      return true
    case 'page':
      scrollPage(page, action.step)
      return true
  }
}
