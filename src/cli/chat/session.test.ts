import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import type { GroupId, MessageId, NodeId } from '../../core/ids.ts'
import { LocalClient } from '../../node/local-api/client.ts'
import { FakeNode } from '../../node/local-api/fake-node.suite.ts'
import { startLocalApi, type LocalApi } from '../../node/local-api/server.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { Output } from '../output.ts'
import { ChatSession } from './session.ts'

const network = 'G'.repeat(43) as GroupId
const bob = { id: 'B'.repeat(43) as NodeId, name: 'bob\u001b[31m' }

let folder: string
let node: FakeNode
let api: LocalApi
let session: ChatSession
let said: string[]
let isOver: boolean

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-session-'))
  node = new FakeNode()
  api = await startLocalApi({ node, dataDir: folder })
  said = []
  isOver = false
  session = new ChatSession({
    client: new LocalClient(folder),
    out: new Output({ json: false, color: false }),
    say: (text) => said.push(text),
    echoesOwn: true,
    onNetwork: () => {},
    onEnd: () => (isOver = true),
  })
  await session.open()
})

afterEach(async () => {
  session.close()
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

const says = (text: string | RegExp): Promise<void> =>
  vi.waitFor(() => expect(said.join('\n')).toMatch(text))

test('opening says how the network is', () => {
  expect(said[0]).toBe('lobby: ★ alice <b> leads, 1 active, 0 messages')
})

test('a line is sent, shown and marked as stored', async () => {
  await session.onLine('hello')
  await says(/#1 \d\d:\d\d alice <b>: hello\n/)
  await says('✓ #1 1/1')
  expect(session.unsequencedCount).toBe(0)
})

test('what is no command is never sent, and two slashes send one', async () => {
  await session.onLine('/sned secret')
  expect(said.at(-1)).toContain('There is no /sned, nothing was sent')
  await session.onLine('/joi')
  expect(said.at(-1)).toContain('did you mean /join?')
  expect(node.messages).toEqual([])
  await session.onLine('//slash')
  expect(node.messages[0]?.text).toBe('/slash')
})

test('what happens to the group is told, names as plain text', async () => {
  await vi.waitFor(() => expect(node.listenerCount).toBe(1))
  const self = { id: node.id, name: node.name }
  node.tell({ event: 'view', network, active: [self, bob] })
  await says('→ bob came')
  node.tell({ event: 'leader', network, leader: bob, term: null })
  await says('★ bob leads')
  node.tell({ event: 'view', network, active: [self] })
  await says('← bob went')
  const since = '2026-01-01T00:00:00.000Z'
  node.tell({ event: 'split', network, active: [self], of: 2, since })
  await says(/cut off with 1 of 2 since \d\d:\d\d, still writable/)
  const places = { network, fromPosition: 5, toPosition: 7 }
  node.tell({ event: 'caught-up', ...places })
  await says('you missed #5–#7: 3 messages, all here')
  node.tell({ event: 'merge', ...places, authors: [bob], moved: false })
  await says('history re-joined: #5–#7: 3 messages from bob')
})

test('whoever is put out is told by whom, and can read but not write', async () => {
  node.deliver('before')
  await says('before')
  const gone = new ParleyError('NOT_A_MEMBER', 'You were removed from lobby by bob')
  vi.spyOn(node, 'send').mockRejectedValue(gone)
  node.gone = gone
  const event = { event: 'removed', network, name: 'lobby', code: gone.code, by: bob } as const
  node.tell(event)
  await says('✗ alice <b>, you were removed from lobby by bob (kick)')
  await vi.waitFor(() => expect(node.listenerCount).toBe(0))
  await session.onLine('anybody?')
  expect(said.at(-1)).toContain('You were removed from lobby by bob (NOT_A_MEMBER)')
  said.length = 0
  await session.onLine('/history')
  expect(said.join()).toContain('before')
  node.gone = null
  await session.onLine('/join lobby')
  await vi.waitFor(() => expect(node.listenerCount).toBe(1))
  expect(isOver).toBe(false)
})

test('the end of a split is told', async () => {
  await vi.waitFor(() => expect(node.listenerCount).toBe(1))
  node.tell({ event: 'whole', network, active: [bob] })
  await says('— everybody is there again')
})

test('a message that waits says so, and its marks follow', async () => {
  const id = 'late' as MessageId
  const nothing = { position: null, clock: null, storedBy: 1, of: 1, missing: [] }
  vi.spyOn(node, 'send').mockResolvedValue({ id, ...nothing } as never)
  await session.onLine('is anybody there?')
  await says('… “is anybody there?” is queued on this disk')
  expect(session.unsequencedCount).toBe(1)
  const message = { ...node.deliver('other'), id, position: 2, of: 2, missing: ['bob'] }
  node.messages.push(message)
  node.tell({ event: 'message', message })
  await says('✓ #2 1/2, not yet: bob')
  node.messages[1] = { ...message, storedBy: 2, missing: [] }
  node.tell({ event: 'stored', network, upTo: 2 })
  await says('✓ #2 2/2')
})

test('errors are told with what to do', async () => {
  await session.onLine('/create taken')
  await says(/✗ Another group holds this name \(NAME_TAKEN\)\. Choose another name/)
  await session.onLine('/create')
  expect(said.at(-1)).toContain('Which one? /create NAME')
})

test('reports and the way out', async () => {
  await session.onLine('/names')
  expect(said.at(-1)).toMatch(/★ {2}0 {2}alice <b> {2}owner {2}this node/)
  await session.onLine('/status')
  expect(said.at(-1)).toMatch(/lobby {2}leads {2}1 of 1 active/)
  await session.onLine('/networks')
  expect(said.at(-1)).toContain('lobby')
  await session.onLine('/help')
  expect(said.at(-1)).toContain('/invite')
  await session.onLine('/invite')
  expect(said.at(-1)).toContain('parley://join/')
  await session.onLine('/quit')
  expect(isOver).toBe(true)
})

test('when the node goes away the chat is over', async () => {
  await api.close()
  await vi.waitFor(() => expect(isOver).toBe(true))
})
