/** What keys do. */
import { paneCommands } from '../view-model/commands.ts'
import { complete, completionFor } from '../view-model/completion.ts'
import { currentNetwork, type NetworkModel } from '../view-model/model.ts'
import { neighbour, nextUnread } from '../view-model/switching.ts'
import { messageAt } from '../view-model/timeline.ts'
import type { Face } from './face.ts'
import { draftOf, edit, emptyDraft, insert } from './input/editor.ts'
import { findBefore, newer, older, remember } from '../view-model/typed.ts'
import type { Input, KeyPress } from './input/keys.ts'
import { isInviteLink, type Commands } from '../chat/commands.ts'

/** Lines of one paste that are sent by themselves at most. */
const MAX_LINES = 500

/** Lines without what a terminal adds to them. */
const cleanPaste = (text: string): string => text.replace(/\r\n?/g, '\n').replace(/\n+$/, '')

export class Keyboard {
  readonly #face: Face
  readonly #commands: Commands

  constructor(face: Face, commands: Commands) {
    this.#face = face
    this.#commands = commands
  }

  take(input: Input): void {
    switch (input.kind) {
      case 'focus':
        this.#face.dispatch({ kind: 'focus', isFocused: input.isFocused })
        return
      case 'paste':
        this.#onPaste(cleanPaste(input.text))
        return
      case 'text':
        this.#onText(input.text)
        return
      case 'key':
        this.#onKey(input)
    }
  }

  #network(): NetworkModel | null {
    return currentNetwork(this.#face.state.model)
  }

  /** Several lines are not sent because somebody clicked beside: that is asked. */
  #onPaste(text: string): void {
    if (text === '') return
    if (isInviteLink(text)) this.#type(text.replace(/\s+/g, ''))
    else if (text.includes('\n')) this.#face.update({ paste: text })
    else this.#type(text)
  }

  #type(text: string): void {
    const { state, draft } = this.#face
    if (state.model.overlay !== null && state.model.overlay.kind !== 'search')
      this.#face.dispatch({ kind: 'overlay', overlay: null })
    this.#face.setDraft(insert(draft, text))
  }

  #onText(text: string): void {
    const { state } = this.#face
    if (state.paste !== null) {
      if (text === 's') this.#sendPaste(state.paste)
      return
    }
    if (state.reverse !== null) this.#searchBack(state.reverse.query + text)
    else this.#type(text)
  }

  #onKey(key: KeyPress): void {
    const { state } = this.#face
    if (state.paste !== null) this.#onPasteKey(key, state.paste)
    else if (state.reverse !== null) this.#onReverseKey(key)
    else if (key.name === 'tab') this.#onTab(key.shift ? -1 : 1)
    else if (!this.#onGlobalKey(key) && !this.#onOverlayKey(key)) this.#onInputKey(key)
  }

  #onPasteKey({ name }: KeyPress, paste: string): void {
    if (name === 'escape') this.#face.update({ paste: null })
    if (name !== 'enter') return
    this.#face.update({ paste: null })
    this.#type(paste)
  }

  #sendPaste(paste: string): void {
    this.#face.update({ paste: null })
    const network = this.#network()
    const lines = paste.split('\n').filter((line) => line.trim() !== '')
    if (network !== null && this.#commands.isClosed(network)) return
    if (network === null || lines.length > MAX_LINES)
      this.#face.say(`✗ Not sent: ${lines.length} lines`, 'error')
    else this.#face.send(network.id, lines)
  }

  /** Keys that mean the same wherever one is. */
  #onGlobalKey(key: KeyPress): boolean {
    const { name, ctrl, alt } = key
    const { model } = this.#face.state
    const toggle = (kind: 'status' | 'help'): void => {
      const overlay = model.overlay?.kind === kind ? null : { kind, top: 0 }
      this.#face.dispatch({ kind: 'overlay', overlay })
    }
    const open = (network: string | null): void => {
      if (network !== null) this.#face.dispatch({ kind: 'open-network', network })
    }
    if (name === 'f1') toggle('help')
    else if (name === 'f2') toggle('status')
    else if ((ctrl && name === 'n') || (alt && name === 'down')) open(neighbour(model, 1))
    else if ((ctrl && name === 'p') || (alt && name === 'up')) open(neighbour(model, -1))
    else if (alt && /^[1-9]$/.test(name)) open(model.networks[Number(name) - 1]?.id ?? null)
    else if (alt && name === 'a') open(nextUnread(model))
    else if (alt && name === 'u') this.#toUnread()
    else if (ctrl && name === 'c') this.#onInterrupt()
    else if (ctrl && name === 'd' && this.#face.draft.text === '') this.#face.end()
    else return false
    return true
  }

  /** Empties what is being written; on an empty line it is the way out. */
  #onInterrupt(): void {
    if (this.#face.draft.text === '') this.#face.end()
    else this.#face.setDraft(emptyDraft)
  }

  #toUnread(): void {
    const after = this.#network()?.unreadAfter ?? null
    if (after === null) this.#face.say('Nothing unread here.')
    else this.#face.jump(after + 1)
  }

  #onOverlayKey({ name }: KeyPress): boolean {
    const { overlay, search } = this.#face.state.model
    if (overlay === null) return false
    const step = { up: -1, down: 1, pageup: -10, pagedown: 10 }[name]
    if (name === 'escape') this.#face.dispatch({ kind: 'search-close' })
    else if (overlay.kind === 'search' && search !== null && name === 'enter') {
      const found = search.results[search.selected]
      if (found === undefined) return true
      this.#face.dispatch({ kind: 'open-network', network: search.network })
      this.#face.jump(found.position)
    } else if (overlay.kind === 'search' && search !== null && step !== undefined)
      this.#face.dispatch({ kind: 'search-select', selected: search.selected + step })
    else if ('top' in overlay && step !== undefined) {
      const top = Math.max(0, Math.min(this.#face.overlayRows - 4, overlay.top + step))
      this.#face.dispatch({ kind: 'overlay', overlay: { ...overlay, top } })
    } else return false
    return true
  }

  #onInputKey(key: KeyPress): void {
    const { name, ctrl, alt, shift } = key
    const isEmpty = this.#face.draft.text === ''
    if (name === 'escape') this.#backToEnd()
    else if (name === 'pageup') this.#face.scrollBy(-this.#face.pageRows)
    else if (name === 'pagedown') this.#face.scrollBy(this.#face.pageRows)
    else if (ctrl && name === 'home') this.#face.jump(1)
    else if (name === 'end' && (ctrl || isEmpty)) this.#backToEnd()
    else if (name === 'home' && isEmpty) this.#face.jump(1)
    else if ((ctrl || shift) && name === 'up') this.#pick(-1)
    else if ((ctrl || shift) && name === 'down') this.#pick(1)
    else if (ctrl && name === 'r') this.#face.update({ reverse: { query: '', index: null } })
    else if (name === 'enter' && !alt) this.#onEnter()
    else if (!this.#editBy(key)) this.#throughHistory(name)
  }

  #editBy(key: KeyPress): boolean {
    const { draft, state } = this.#face
    const edited = edit({ draft, cut: state.cut }, key)
    // At the first or last line the arrows lead into what was typed before.
    const isStuck = edited?.draft === draft || edited === null
    if (isStuck && (key.name === 'up' || key.name === 'down')) return false
    if (edited === null) return true
    this.#face.setDraft(edited.draft, { cut: edited.cut })
    return true
  }

  #throughHistory(name: string): void {
    const { state, draft } = this.#face
    const moved = name === 'up' ? older(state.history, draft.text) : newer(state.history)
    if (moved !== null) this.#face.setDraft(draftOf(moved[1]), { history: moved[0] })
  }

  #backToEnd(): void {
    this.#face.dispatch(
      { kind: 'scroll', scroll: { kind: 'end' } },
      { kind: 'select', position: null },
    )
  }

  /** Picks the message above or below the picked one; at first the newest in sight. */
  #pick(step: -1 | 1): void {
    const network = this.#network()
    if (network === null) return
    const { selected, timeline, scroll } = network
    const start = scroll.kind === 'at' ? scroll.position : timeline.newest
    const next = selected === null ? start : selected + step
    if (next < 1 || next > timeline.newest || messageAt(timeline, next) === null) return
    this.#face.dispatch({ kind: 'select', position: next })
    this.#keepInSight(next)
  }

  #keepInSight(position: number): void {
    const network = this.#network()
    if (network === null) return
    const { topShown, scroll, timeline } = network
    if (position < topShown) this.#face.scrollBy(-this.#face.pageRows)
    else if (scroll.kind === 'at' && position > scroll.position)
      this.#face.dispatch({
        kind: 'scroll',
        scroll: position >= timeline.newest ? { kind: 'end' } : { kind: 'at', position, line: 99 },
      })
  }

  #onEnter(): void {
    const { draft, state } = this.#face
    const history = remember(state.history, draft.text)
    const outcome = this.#commands.enter(draft.text, () =>
      this.#face.setDraft(emptyDraft, { history }),
    )
    if (outcome === 'kept' && draft.text.startsWith('/')) this.#face.update({ history })
    const selected = this.#network()?.selected ?? null
    if (outcome === 'nothing' && selected !== null) void this.#commands.run('trace', `#${selected}`)
  }

  /** Tab goes through what the word may become, Shift-Tab back. */
  #onTab(step: 1 | -1): void {
    const { state, draft } = this.#face
    const going = state.completion
    if (going !== null) {
      const { candidates } = going.found
      const index = (going.index + step + candidates.length) % candidates.length
      const completion = { ...going, index }
      this.#face.setDraft(complete(going.draft, going.found, candidates[index] ?? ''), {
        completion,
      })
      return
    }
    const { model } = state
    const network = this.#network()
    const speakers = (network?.timeline.messages ?? [])
      .toReversed()
      .map(({ author }) => author.name)
    const members = (network?.members ?? []).map(({ name }) => name)
    const isOther = (name: string): boolean => name !== model.self.name
    const found = completionFor(draft, {
      commands: paneCommands,
      networks: [...model.networks, ...model.offers].map(({ name }) => name),
      names: [...new Set([...speakers, ...members])].filter(isOther),
    })
    const [first] = found?.candidates ?? []
    if (found === null || first === undefined) return
    const completion = found.candidates.length > 1 ? { found, index: 0, draft } : null
    this.#face.setDraft(complete(draft, found, first), { completion })
  }

  #searchBack(query: string, before = this.#face.state.history.entries.length): void {
    const index = findBefore(this.#face.state.history, query, before)
    this.#face.update({ reverse: { query, index } })
  }

  #onReverseKey(key: KeyPress): void {
    const { reverse, history } = this.#face.state
    if (reverse === null) return
    const { query, index } = reverse
    if (key.ctrl && key.name === 'r') {
      const next = findBefore(history, query, index ?? history.entries.length)
      if (next !== null) this.#face.update({ reverse: { query, index: next } })
    } else if (key.name === 'backspace') this.#searchBack(query.slice(0, -1))
    else if (key.name === 'escape' || (key.ctrl && (key.name === 'g' || key.name === 'c')))
      this.#face.update({ reverse: null })
    else {
      const found = index === null ? null : (history.entries[index] ?? null)
      this.#face.update({ reverse: null })
      if (found !== null) this.#face.setDraft(draftOf(found))
      if (key.name !== 'enter') this.#onKey(key)
    }
  }
}
