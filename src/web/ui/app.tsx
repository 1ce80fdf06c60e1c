/** The whole page: networks, conversation, members, and what lies over them. */
import { useEffect } from 'react'

import { currentNetwork } from '../../view-model/model.ts'
import { carryOut, showPicked } from '../actions.ts'
import { actionOf } from '../keys.ts'
import { Announcer } from './announcer.tsx'
import { Composer } from './composer.tsx'
import { Conversation } from './conversation.tsx'
import { Dialogs } from './dialogs.tsx'
import { Banner, Header, Notice } from './header.tsx'
import { Locked } from './locked.tsx'
import { Members } from './members.tsx'
import { Overlays } from './overlays.tsx'
import { Sidebar } from './sidebar.tsx'
import { usePage, usePageState } from './use-page.ts'
import { Welcome } from './welcome.tsx'

const isTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')

/** A letter typed anywhere belongs into the composer. */
const isTyped = (event: KeyboardEvent): boolean =>
  event.key.length === 1 &&
  event.key !== ' ' &&
  !event.ctrlKey &&
  !event.metaKey &&
  !event.altKey &&
  !isTextField(event.target)

/** Enter where nothing else takes it. */
const isPicked = ({ key, target }: KeyboardEvent): boolean =>
  key === 'Enter' &&
  target instanceof HTMLElement &&
  (target === document.body || target.matches('.messages'))

const useKeys = (): void => {
  const page = usePage()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { dialog, model } = page.state()
      const isCovered =
        dialog !== null || (model.overlay !== null && model.overlay.kind !== 'members')
      const action = actionOf(event)
      if (action !== null && carryOut(page, action, isCovered)) event.preventDefault()
      else if (!isCovered && isTyped(event)) page.focusComposer()
      else if (!isCovered && isPicked(event)) showPicked(page)
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [page])
}

const useFocusTold = (): void => {
  const page = usePage()
  useEffect(() => {
    const tell = (): void => {
      const isFocused = document.hasFocus() && !document.hidden
      if (isFocused !== page.model.isFocused) page.dispatch({ kind: 'focus', isFocused })
    }
    for (const name of ['focus', 'blur']) addEventListener(name, tell)
    document.addEventListener('visibilitychange', tell)
    return () => {
      for (const name of ['focus', 'blur']) removeEventListener(name, tell)
      document.removeEventListener('visibilitychange', tell)
    }
  }, [page])
}

/** Whoever has a keyboard can write at once; on a phone it would cover half of the page. */
const useFirstFocus = (): void => {
  const page = usePage()
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) page.focusComposer()
  }, [page])
}

export const App = () => {
  const page = usePage()
  const { model, link, settings, drawer } = usePageState()
  useKeys()
  useFocusTold()
  useFirstFocus()
  if (link === 'signed-out') return <Locked why="expired" />
  const network = currentNetwork(model)
  const hasMembers = network !== null && (settings.showsMembers || drawer === 'members')
  const classes = ['app', drawer === null ? '' : `shows-${drawer}`, hasMembers ? 'has-members' : '']
  return (
    <div className={classes.join(' ')}>
      <Sidebar />
      <main className="main">
        {network === null ? null : <Header network={network} />}
        <Banner network={network} />
        {network === null ? (
          <Welcome />
        ) : (
          <Conversation key={network.id} model={model} network={network} />
        )}
        <Notice />
        <Composer />
      </main>
      {drawer === null ? null : (
        <button
          type="button"
          className="scrim"
          aria-label="Back to the conversation"
          onClick={() => page.update({ drawer: null })}
        />
      )}
      {hasMembers ? <Members network={network} /> : null}
      <Dialogs />
      <Overlays />
      <Announcer />
    </div>
  )
}
