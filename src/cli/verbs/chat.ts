/** `parley` without a verb: starts what is needed, says how to get in, and chats. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { cursorTo, clearLine, createInterface, type Interface } from 'node:readline'

import { identityPath } from '../../crypto/identity-file.ts'
import type * as Panes from '../../tui/index.ts'
import type { ChatSession } from '../chat/session.ts'
import type { CommandContext } from '../command-context.ts'
import { isTerminal } from '../output.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import { whereOf } from '../reports.ts'
import { serve, type Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { fingerprintLines } from '../web-fingerprint.ts'

/** What the process serves while the chat is on: a node of its own, or nothing if one runs already. */
interface Ground extends Service {
  readonly isOwn: boolean
}

/** Remarks while it runs: to stderr, or onto the screen while that is taken. */
interface Remarks {
  note: (text: string) => void
}

/** How long the end of piped input waits for messages that have no place yet. */
const LAST_WORDS_MS = 5_000
const LOOK_EVERY_MS = 20
/** How long a start waits for an invite, which may have to be written into the group's history. */
const INVITE_MS = 3_000

const isNodeRunning = async (dataDir: string): Promise<boolean> => {
  const { LocalClient } = await import('../../node/local-api/client.ts')
  try {
    await new LocalClient(dataDir).call('status', {})
    return true
  } catch {
    return false
  }
}

/** An invite for each network of this node, or what to do if there is none. */
const welcome = async (
  context: CommandContext,
  page: readonly string[],
): Promise<readonly string[]> => {
  const client = await context.client()
  const { networks, node } = await client.call('status', {})
  const open = networks.filter(({ role }) => role !== 'left')
  const links = await Promise.all(
    open.map(async ({ id, name }) => {
      try {
        const { link } = await client.call('invite', { network: id }, { timeoutMs: INVITE_MS })
        return `Invite to ${plainLine(name)}: ${link}`
      } catch (thrown) {
        // Not everybody may invite, and some groups have no leader yet: no reason not to chat.
        return `No invite to ${plainLine(name)} now: ${plainLine(toParleyError(thrown).message)}`
      }
    }),
  )
  if (open.length === 0)
    links.push('No invite to give yet: once you are in a network, /invite shows one')
  return [`${node.name} listens on ${whereOf(node)}`, ...page, ...links]
}

const startGround = async (
  context: CommandContext,
  settings: Settings,
  remarks: Remarks,
): Promise<Ground> => {
  const { out } = context
  const note = (text: string): void => remarks.note(text)
  if (await isNodeRunning(settings.dataDir)) {
    note('Using the node that runs already.')
    return { isOwn: false, stop: async () => {} }
  }
  const { findOrStartNds } = await import('../start-nds.ts')
  const { readyLine, startNodeWithApi } = await import('../start-node.ts')
  const found = settings.nds.length > 0 ? null : await findOrStartNds(note)
  const nds = found === null ? settings.nds : [found.url]
  try {
    const running = await startNodeWithApi({ ...settings, nds }, note)
    if (out.json) await out.object(readyLine(running))
    else {
      if (found !== null && found.own !== null) note(`Started a discovery service at ${found.url}`)
      const { link, fingerprint } = running.api.webLink()
      const page = [`Chat in the browser: ${link}`, ...fingerprintLines(fingerprint)]
      const lines = await welcome(context, page)
      for (const line of lines) await out.line(line)
    }
    const stop = async (): Promise<void> => {
      await running.stop()
      await found?.own?.close()
    }
    return { isOwn: true, stop }
  } catch (error) {
    await found?.own?.close()
    throw error
  }
}

/** Shows a line without tearing what is being typed. */
const sayer =
  (lines: Interface, isInteractive: boolean) =>
  (text: string): void => {
    if (!isInteractive) {
      process.stdout.write(`${text}\n`)
      return
    }
    cursorTo(process.stdout, 0)
    clearLine(process.stdout, 0)
    process.stdout.write(`${text}\n`)
    lines.prompt(true)
  }

const untilSequenced = async (session: ChatSession): Promise<void> => {
  const end = performance.now() + LAST_WORDS_MS
  while (session.unsequencedCount > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** Reads lines until the chat is over. */
const chat = async (
  context: CommandContext,
  isInteractive: boolean,
  signalled: Promise<void>,
): Promise<void> => {
  const { ChatSession } = await import('../chat/session.ts')
  const client = await context.client()
  const lines = createInterface({
    input: process.stdin,
    ...(isInteractive ? { output: process.stdout } : {}),
    terminal: isInteractive,
    prompt: '> ',
  })
  const over = Promise.withResolvers<void>()
  const say = sayer(lines, isInteractive)
  const session = new ChatSession({
    client,
    out: context.out,
    say,
    echoesOwn: !isInteractive,
    onNetwork: (name) => lines.setPrompt(`${name ?? ''}> `),
    onEnd: () => over.resolve(),
  })
  const opening = session.open()
  // One after the other, so that messages keep the order in which they were typed.
  const onLine = async (before: Promise<void>, text: string): Promise<void> => {
    await before
    await session.onLine(text)
    if (isInteractive) lines.prompt()
  }
  const endAfter = async (before: Promise<void>): Promise<void> => {
    await before
    await untilSequenced(session)
    over.resolve()
  }
  // Piped lines are there at once and their end soon after: neither may come before its handler.
  let work = opening.catch(() => {})
  lines.on('line', (text) => {
    work = onLine(work, text)
  })
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  lines.once('close', () => {
    work = endAfter(work)
  })
  await opening
  if (isInteractive) say('Type a message, or /help.')
  await Promise.race([over.promise, signalled])
  session.close()
  lines.close()
}

const terminal: Panes.Terminal = { stdin: process.stdin, stdout: process.stdout, env: process.env }

const loadPanes = (): Promise<typeof Panes> => import('../../tui/index.ts')

/** A node that has never run has no name yet: its user is asked. Null if they rather leave. */
const settingsWithName = async (
  settings: Settings,
  signalled: Promise<void>,
): Promise<Settings | null> => {
  if (settings.name !== null || existsSync(identityPath(settings.dataDir))) return settings
  const { askName } = await loadPanes()
  const name = await askName(terminal, userInfo().username, signalled)
  return name === null ? null : { ...settings, name }
}

const chatInPanes = async (
  context: CommandContext,
  settings: Settings,
  remarks: Remarks,
  signalled: Promise<void>,
): Promise<void> => {
  const { runChat } = await loadPanes()
  const { note } = remarks
  try {
    await runChat({
      terminal,
      client: await context.client(),
      dataDir: settings.dataDir,
      signalled,
      onOpen: (say) => (remarks.note = say),
    })
  } finally {
    remarks.note = note
  }
}

const startInPanes = async (context: CommandContext, settings: Settings): Promise<void> => {
  const remarks: Remarks = { note: (text) => context.out.note(text) }
  let named: Settings | null = null
  await serve<Ground>(
    async (signalled) => {
      named = await settingsWithName(settings, signalled)
      if (named === null) return { isOwn: false, stop: async () => {} }
      return startGround(context, named, remarks)
    },
    async (_, signalled) => {
      if (named !== null) await chatInPanes(context, named, remarks, signalled)
    },
  )
}

export const startAndChat = async (context: CommandContext): Promise<void> => {
  const settings = await context.settings()
  const isInteractive = isTerminal(process.stdin) && isTerminal(process.stdout)
  const isPlain = context.flags.plain === true
  if (isInteractive && !isPlain && !context.out.json && process.env['TERM'] !== 'dumb') {
    await startInPanes(context, settings)
    return
  }
  const remarks: Remarks = { note: (text) => context.out.note(text) }
  const chats = (isInteractive || isPlain) && !context.out.json
  await serve(
    () => startGround(context, settings, remarks),
    async (ground, signalled) => {
      if (chats) await chat(context, isInteractive, signalled)
      // A node that runs already needs nobody to watch it; one of this process is to go on.
      else if (ground.isOwn) await new Promise(() => {})
    },
  )
}
