import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { checkExportFile } from './export-file.ts'
import type { ChatNode } from './running-node.ts'
import { lobbyOf, statusOf, tempFolder } from './test-nodes.suite.ts'

/** What alice exports after some words, as a file. */
const exported = async (): Promise<{ path: string; lines: readonly string[]; node: ChatNode }> => {
  const [alice, bob] = (await lobbyOf('alice', 'bob')) as [ChatNode, ChatNode]
  for (const text of ['one', 'two', 'three']) await bob.send('lobby', text, { wait: 'all' })
  let text = ''
  for await (const chunk of alice.operator.export('lobby')) text += chunk
  const path = join(tempFolder(), 'lobby.jsonl')
  writeFileSync(path, text)
  return { path, lines: text.trim().split('\n'), node: alice }
}

test('an export is found right, and is what the node has', async () => {
  const { path, lines, node } = await exported()
  const verified = await node.operator.verify('lobby')
  const { head, name, id } = statusOf(node)
  expect(await checkExportFile(path)).toEqual({
    ok: true,
    network: { id, name },
    entries: lines.length,
    messages: 3,
    head,
    fingerprint: verified.fingerprint,
  })
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ index: 0, hash: id })
}, 20_000)

test('whatever character is changed, it is found', async () => {
  const { path } = await exported()
  const whole = readFileSync(path, 'utf8')
  const found = new Set<number>()
  // Every place, as far apart as the time allows; a base64 digit is never turned into itself.
  for (let at = 3; at < whole.length; at += 101) {
    const was = whole[at] ?? ''
    if (was === '\n') continue
    const now = was === 'a' ? 'b' : 'a'
    writeFileSync(path, whole.slice(0, at) + now + whole.slice(at + 1))
    const line = whole.slice(0, at).split('\n').length
    const fault: unknown = await checkExportFile(path).then(
      () => null,
      (error: unknown) => error,
    )
    expect(fault, `character ${at}, line ${line}`).toMatchObject({ code: 'VERIFICATION_FAILED' })
    found.add(line)
  }
  expect(found.size).toBeGreaterThan(4)
}, 30_000)

test('lines left out, moved or repeated are found', async () => {
  const { path, lines } = await exported()
  const tried = [
    [...lines.slice(0, 3), ...lines.slice(4)],
    [...lines.slice(0, 3), lines[4], lines[3], ...lines.slice(5)],
    [...lines, lines.at(-1)],
    lines.slice(1),
    [],
  ]
  for (const altered of tried) {
    writeFileSync(path, `${altered.join('\n')}\n`)
    await expect(checkExportFile(path)).rejects.toMatchObject({ code: 'VERIFICATION_FAILED' })
  }
}, 20_000)

test('a file that is not there is a matter of usage', async () => {
  await expect(checkExportFile(join(tempFolder(), 'none'))).rejects.toMatchObject({ code: 'USAGE' })
})
