/** Opens the chat in a terminal, and closes it again. */
import { spawn } from 'node:child_process'
import type { ReadStream, WriteStream } from 'node:tty'

import type { LocalClient } from '../node/local-api/client.ts'
import type { Alert } from '../view-model/alerts.ts'
import { plainLine } from '../view-model/plain-text.ts'
import { NameQuestion } from './ask-name.ts'
import { exportFile } from './export-file.ts'
import { Face } from './face.ts'
import { Feeds } from './feeds.ts'
import type { Input } from './input/keys.ts'
import { Keyboard } from './keyboard.ts'
import { Painter, type ScreenSource } from './painter.ts'
import { loadFace, saveFace, type SavedFace } from './saved-face.ts'
import { painterOf, themeFrom } from './screen/theme.ts'
import { Commands } from '../chat/commands.ts'
import type { Size } from './state.ts'
import { bellText, clipboardText, sizeOf, TerminalInput } from './terminal.ts'

export interface Terminal {
  readonly stdin: ReadStream
  readonly stdout: WriteStream
  readonly env: Readonly<Record<string, string | undefined>>
}

interface Stage {
  readonly source: ScreenSource
  take(input: Input): void
  resize(size: Size): void
}

/** Shows a stage on a screen of its own; the returned function puts back what was there. */
const show = (terminal: Terminal, stage: Stage): (() => void) => {
  const { stdin, stdout, env } = terminal
  const painter = new Painter(stdout, stage.source, painterOf(themeFrom(env)))
  const input = new TerminalInput(stdin, stdout, (inputs) => {
    for (const one of inputs) {
      // Something else may have written on the screen.
      if (one.kind === 'key' && one.ctrl && one.name === 'l') painter.forget()
      else stage.take(one)
    }
    painter.drawNow()
  })
  const onResize = (): void => {
    stage.resize(sizeOf(stdout))
    painter.forget()
  }
  stdout.on('resize', onResize)
  const close = (): void => {
    process.removeListener('exit', close)
    stdout.removeListener('resize', onResize)
    painter.close()
    input.close()
  }
  // Also when the process ends in disorder: the shell is to be as it was.
  process.once('exit', close)
  return close
}

/** Asks for a name; null if somebody rather leaves, or a signal ends it. */
export const askName = async (
  terminal: Terminal,
  suggestion: string,
  signalled: Promise<void>,
): Promise<string | null> => {
  const answer = Promise.withResolvers<string | null>()
  const question = new NameQuestion(suggestion, sizeOf(terminal.stdout), answer.resolve)
  const close = show(terminal, {
    source: question,
    take: (input) => question.take(input),
    resize: (size) => question.resize(size),
  })
  try {
    return await Promise.race([answer.promise, signalled.then(() => null)])
  } finally {
    close()
  }
}

/** A note on the desktop, where there is one. */
const notifyDesktop = ({ env }: Terminal, title: string, text: string): void => {
  if (env['DISPLAY'] === undefined && env['WAYLAND_DISPLAY'] === undefined) return
  const child = spawn('notify-send', ['--app-name=Parley', '--', title, text], {
    stdio: 'ignore',
    detached: true,
  })
  // Not installed: then the bell must do.
  child.on('error', () => {})
  child.unref()
}

const ringIn =
  (terminal: Terminal) =>
  ({ message }: Alert, network: string): void => {
    const who = `${plainLine(message.author.name)} in ${plainLine(network)}`
    const text = plainLine(message.text).slice(0, 200)
    terminal.stdout.write(bellText(`${who}: ${text}`))
    notifyDesktop(terminal, who, text)
  }

/** What is to be remembered, together with what was saved of networks that are not here now. */
const savedFrom = (face: Face, before: SavedFace): SavedFace => {
  const { model, history } = face.state
  const here = new Set(model.networks.map(({ id }) => id))
  const elsewhere = before.muted.filter((id) => !here.has(id))
  const muted = model.networks.flatMap(({ id, isMuted }) => (isMuted ? [id] : []))
  return {
    typed: history.entries.filter((line) => !line.startsWith('parley://')),
    muted: [...elsewhere, ...muted],
    ignored: model.ignored,
  }
}

/** It is only a comfort: a full disk is told by the node, where it matters. */
const remember = (dataDir: string, face: SavedFace): void => {
  try {
    saveFace(dataDir, face)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown)) throw thrown
  }
}

export interface ChatOptions {
  readonly terminal: Terminal
  readonly client: LocalClient
  readonly dataDir: string
  /** The chat is to end; resolves at a signal. */
  readonly signalled: Promise<void>
  /** Is given a way to say something on the screen, for as long as the chat is on. */
  readonly onOpen: (say: (text: string) => void) => void
}

/** Chats until somebody leaves. Rejects, before anything is shown, if the node does not answer. */
export const runChat = async (options: ChatOptions): Promise<void> => {
  const { terminal, client, dataDir, signalled, onOpen } = options
  const { node } = await client.call('status', {})
  const saved = loadFace(dataDir)
  const over = Promise.withResolvers<void>()
  const face = new Face({
    client,
    self: node,
    listen: node.listen,
    web: client.info.web,
    size: sizeOf(terminal.stdout),
    typedBefore: saved.typed,
    now: () => Date.now(),
    ring: ringIn(terminal),
    copy: (text) => terminal.stdout.write(clipboardText(text)),
    onEnd: over.resolve,
    exportTo: (network, place, onProgress) => exportFile(client, network, place, onProgress),
  })
  const feeds = new Feeds(face)
  const keyboard = new Keyboard(face, new Commands(face, feeds))
  await feeds.start()
  face.dispatch({ kind: 'ignore', ids: saved.ignored })
  for (const network of saved.muted) face.dispatch({ kind: 'mute', network, isMuted: true })
  const close = show(terminal, {
    source: face,
    take: (input) => keyboard.take(input),
    resize: (size) => face.update({ size }),
  })
  onOpen((text) => face.say(text))
  try {
    await Promise.race([over.promise, signalled])
  } finally {
    feeds.close()
    await face.close()
    close()
    remember(dataDir, savedFrom(face, saved))
  }
}
