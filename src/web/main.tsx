/** Opens the chat: signs in, connects, and shows it. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import type { NodeStatus } from '../node/api.ts'
import type { Alert } from '../view-model/alerts.ts'
import { plainLine } from '../view-model/plain-text.ts'
import { Connection, type Socket } from './live/connection.ts'
import { LiveFeeds } from './live/feeds.ts'
import { arrivalOf, isSignedIn, signIn, signOut } from './live/session.ts'
import { Page } from './page.ts'
import { draftsOf, parseSettings } from './settings.ts'
import { App } from './ui/app.tsx'
import { Locked, type LockedWhy } from './ui/locked.tsx'
import { PageContext } from './ui/use-page.ts'
import './styles/base.css'
import './styles/layout.css'
import './styles/conversation.css'
import './styles/dialogs.css'

const place = document.querySelector('#page')
if (place === null) throw new Error('no place for the page')
const root = createRoot(place)

const showLocked = (why: LockedWhy): void => root.render(<Locked why={why} />)

/** Signs in with the ticket, or the cookie that is there; null if that went well. */
const enter = async (ticket: string | null): Promise<LockedWhy | null> => {
  try {
    if (ticket !== null && (await signIn(ticket))) return null
    if (await isSignedIn()) return null
    return ticket === null ? 'no-ticket' : 'used-ticket'
  } catch {
    return 'unreachable'
  }
}

/** A note on the desktop, if somebody wants that and is not looking. */
const notify = (page: Page, { network, message }: Alert, name: string): void => {
  const isWanted = page.state().settings.notifies && Notification.permission === 'granted'
  if (!isWanted) return
  const title = `${plainLine(message.author.name)} in ${plainLine(name)}`
  const note = new Notification(title, {
    body: plainLine(message.text).slice(0, 200),
    tag: network,
  })
  note.addEventListener('click', () => {
    focus()
    page.open(network)
  })
}

/** Unread messages and mentions, for those who look at another tab. */
const titleOf = (page: Page): string => {
  const { networks, currentId } = page.model
  const calls = networks.reduce((sum, { mentions }) => sum + mentions.length, 0)
  const open = networks.find(({ id }) => id === currentId)
  const name = open === undefined ? 'Parley' : `${plainLine(open.name)} · Parley`
  return calls === 0 ? name : `(@${calls}) ${name}`
}

const connect = (): Socket => {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  return new WebSocket(`${scheme}://${location.host}/live`)
}

/** Signs out. The socket is closed first: it would come back and be turned away. */
const leave = async (page: Page, connection: Connection): Promise<void> => {
  await page.close()
  connection.close()
  try {
    await signOut()
    showLocked('expired')
  } catch {
    showLocked('unreachable')
  }
}

const pageFor = (connection: Connection, { node }: NodeStatus): Page => {
  const key = `parley.${node.id}`
  const page: Page = new Page(connection, {
    self: { id: node.id, name: node.name },
    listen: node.listen,
    now: () => Date.now(),
    ring: (alert, name) => notify(page, alert, name),
    copy: (text) => {
      // Allowed or not: the text is shown as well, with a button that copies it.
      navigator.clipboard.writeText(text).catch(() => {})
    },
    onEnd: () => void leave(page, connection),
    exportTo: async (network) => {
      const link = document.createElement('a')
      link.href = `/export?network=${encodeURIComponent(network)}`
      link.download = ''
      link.click()
      return Promise.resolve('the downloads of this browser, once all of it is there')
    },
    settings: parseSettings(localStorage.getItem(key)),
    saveSettings: (settings) => localStorage.setItem(key, JSON.stringify(settings)),
  })
  return page
}

/** What was chosen before, and the network that was open last. */
const restore = (page: Page): void => {
  const { muted, ignored, network, drafts } = page.state().settings
  for (const [id, text] of Object.entries(drafts))
    page.dispatch({ kind: 'draft', network: id, draft: { text, cursor: text.length } })
  page.dispatch({ kind: 'ignore', ids: ignored })
  for (const id of muted) page.dispatch({ kind: 'mute', network: id, isMuted: true })
  const { networks, currentId } = page.model
  const last = networks.find(({ id }) => id === network)?.id ?? currentId
  if (last !== null) page.open(last)
}

const SAVE_DRAFTS_MS = 400

/** Whoever loads the page again, or has to sign in again, goes on writing where they were. */
const keepDrafts = (page: Page): void => {
  let timer: ReturnType<typeof setTimeout> | null = null
  let kept = page.model.networks
  const save = (): void => {
    timer = null
    const drafts = draftsOf(page.model)
    if (JSON.stringify(drafts) !== JSON.stringify(page.state().settings.drafts))
      page.choose({ drafts })
  }
  page.subscribe(() => {
    if (kept === page.model.networks) return
    kept = page.model.networks
    timer ??= setTimeout(save, SAVE_DRAFTS_MS)
  })
  addEventListener('pagehide', save)
}

const onJoinLink = (page: Page): void => {
  const { join } = arrivalOf(location.hash)
  if (join === null) return
  history.replaceState(null, '', location.pathname)
  page.update({ dialog: { kind: 'enter', how: 'join', target: join } })
}

const run = (
  connection: Connection,
  notes: { take: LiveFeeds | null },
  status: NodeStatus,
): void => {
  const page = pageFor(connection, status)
  const feeds = new LiveFeeds(page, connection)
  notes.take = feeds
  page.startWith(feeds)
  // Before the first status there is nothing to look at, so nothing is read by chance.
  page.dispatch({ kind: 'focus', isFocused: false })
  feeds.start(status)
  restore(page)
  page.dispatch({ kind: 'focus', isFocused: document.hasFocus() && !document.hidden })
  page.subscribe(() => {
    const title = titleOf(page)
    if (document.title !== title) document.title = title
  })
  keepDrafts(page)
  const wake = (): void => {
    if (!document.hidden) connection.open()
  }
  addEventListener('online', wake)
  document.addEventListener('visibilitychange', wake)
  addEventListener('hashchange', () => onJoinLink(page))
  addEventListener('beforeunload', (event) => {
    const isWaiting = page.model.networks.some(({ pending }) =>
      pending.some(({ state }) => state === 'handed-over'),
    )
    if (isWaiting) event.preventDefault()
  })
  root.render(
    <StrictMode>
      <PageContext value={page}>
        <App />
      </PageContext>
    </StrictMode>,
  )
  onJoinLink(page)
  states.page = page
}

/** Who is told of the connection, once there is somebody. */
const states: { page: Page | null } = { page: null }

const start = async (): Promise<void> => {
  const { ticket } = arrivalOf(location.hash)
  const why = await enter(ticket)
  if (ticket !== null) history.replaceState(null, '', location.pathname)
  if (why !== null) {
    showLocked(why)
    return
  }
  const notes: { take: LiveFeeds | null } = { take: null }
  const connection = new Connection({
    connect,
    isSignedIn,
    pageId: crypto.randomUUID(),
    onState: (state) => {
      states.page?.update({ link: state })
      if (state === 'open') notes.take?.onOpen()
    },
    onNote: (method, params) => notes.take?.onNote(method, params),
  })
  connection.open()
  try {
    run(connection, notes, await connection.call('status', {}))
  } catch {
    showLocked('unreachable')
  }
}

void start()
