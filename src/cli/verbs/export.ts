/** `parley export` and `parley import`: histories as files. */
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import type { MessageView } from '../../node/api.ts'
import type { LocalClient } from '../../node/local-api/client.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { indented, plainLine } from '../../view-model/plain-text.ts'
import { operand, wholeNumber, type CommandContext } from '../command-context.ts'
import { progress } from '../progress.ts'

const MAX_POSITION = 1_000_000_000_000
const NEWLINE = 10

const write = async (chunk: string | Buffer): Promise<void> => {
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
}

const exportEntries = async (client: LocalClient, network: string): Promise<void> => {
  const bar = progress('exported', 'entries')
  let lines = 0
  try {
    for await (const chunk of client.export(network)) {
      for (const byte of chunk) if (byte === NEWLINE) lines += 1
      bar.show(lines)
      await write(chunk)
    }
  } finally {
    bar.end()
  }
}

async function* messagesOf(client: LocalClient, network: string): AsyncGenerator<MessageView> {
  for await (const line of client.messages({ network })) if (!('event' in line)) yield line
}

const exportText = async (client: LocalClient, network: string): Promise<void> => {
  for await (const { position, sentAt, author, text } of messagesOf(client, network))
    await write(`#${position} ${sentAt} ${plainLine(author.name)}: ${indented(text)}\n`)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign)

const page = (title: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
p { margin: 0 0 .5rem; white-space: pre-wrap; overflow-wrap: anywhere }
time { color: #666; font-size: .8rem }
</style>
<h1>${title}</h1>
`

const exportHtml = async (client: LocalClient, network: string): Promise<void> => {
  await write(page(escaped(plainLine(network))))
  for await (const { position, sentAt, author, text } of messagesOf(client, network)) {
    const place = `<time datetime="${escaped(sentAt)}">#${position} ${escaped(sentAt)}</time>`
    const said = escaped(indented(text))
    await write(
      `<p id="m${position}">${place} <b>${escaped(plainLine(author.name))}</b> ${said}</p>\n`,
    )
  }
}

const FORMATS = { jsonl: exportEntries, text: exportText, html: exportHtml } as const

const isFormat = (text: string): text is keyof typeof FORMATS => Object.hasOwn(FORMATS, text)

/** Named so because `export` is a word of the language. */
export const exportHistory = async (context: CommandContext): Promise<void> => {
  const { format = 'jsonl' } = context.flags
  if (!isFormat(format)) throw new ParleyError('USAGE', `There is no format ${plainLine(format)}`)
  const network = operand(context, 0)
  const client = await context.client()
  await FORMATS[context.out.json ? 'jsonl' : format](client, network)
}

/** The file itself, or a copy of stdin for "-": a check reads it more than once. */
const fileFor = async (
  name: string,
): Promise<{ readonly path: string; readonly remove: () => void }> => {
  if (name !== '-') return { path: name, remove: () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-'))
  const path = join(folder, 'stdin')
  await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }))
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export const importFile = async (context: CommandContext): Promise<void> => {
  const { flags, out } = context
  if (flags.verifyOnly !== true)
    throw new ParleyError('USAGE', 'A history comes from its members, not from a file', {
      hint: 'To check a file: parley import --verify-only FILE. To get a history: parley join.',
    })
  const upTo =
    flags.upto === undefined ? undefined : wholeNumber('--upto', flags.upto, 1, MAX_POSITION)
  const { checkExportFile } = await import('../../node/export-file.ts')
  const bar = progress('checked', 'entries')
  const file = await fileFor(operand(context, 0))
  try {
    const found = await checkExportFile(file.path, { upTo, onProgress: bar.show })
    const { network, entries, messages, head, fingerprint } = found
    const lines = [
      `✓ ${plainLine(network.name)} (${network.id}): ${entries} entries, ${messages} messages`,
      `  head ${head ?? 'none'}`,
      `  fingerprint up to #${upTo ?? messages}: ${fingerprint ?? 'none'}`,
    ]
    await out.result(found, lines.join('\n'))
  } finally {
    bar.end()
    file.remove()
  }
}
