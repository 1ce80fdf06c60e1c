/** Replies, edits, deletions and reactions between nodes: what all of them show at last. */
import { expect, test } from 'vitest'

import type { MessageView } from './api.ts'
import { agree, lobbyOf, until } from './test-nodes.suite.ts'
import type { ChatNode } from './running-node.ts'

const failing = (code: string) => expect.objectContaining({ code })

const shown = (one: ChatNode): readonly MessageView[] => one.history('lobby', { limit: 100 })

const at = (one: ChatNode, position: number): MessageView => shown(one)[position - 1]!

test('what somebody says about a message is shown with it, everywhere', async () => {
  const [alice, bob] = await lobbyOf('alice', 'bob')
  await alice!.send('lobby', 'the metting is at ten')
  await bob!.send('lobby', 'where?', { kind: 'reply', about: '#1' })
  const sent = await alice!.send('lobby', 'the meeting is at ten', { kind: 'edit', about: '#1' })
  await bob!.send('lobby', '👍', { kind: 'reaction', about: '1' })
  await alice!.send('lobby', '🎉', { kind: 'reaction', about: sent.id })
  await bob!.send('lobby', '🎉', { kind: 'reaction', about: '#1', wait: 'all' })
  for (const one of [alice!, bob!]) {
    await until('all is here', () => shown(one).length === 6)
    const { reactions, ...first } = at(one, 1)
    expect(first).toMatchObject({ text: 'the meeting is at ten', edited: true })
    expect(reactions?.map(({ text, by }) => [text, by.map(({ name }) => name)])).toEqual([
      ['🎉', ['alice', 'bob']],
    ])
    const about = { position: 1, author: { name: 'alice' }, text: 'the meeting is at ten' }
    expect(at(one, 2)).toMatchObject({ kind: 'reply', text: 'where?', about })
    expect(at(one, 3)).toMatchObject({ kind: 'edit', about })
    expect(one.search('lobby', 'metting', { limit: 9 })).toEqual([])
    expect(one.search('lobby', 'meeting', { limit: 9 }).map(({ position }) => position)).toEqual([
      3,
    ])
  }
  await bob!.send('lobby', '', { kind: 'reaction', about: '#1' })
  await alice!.send('lobby', '', { kind: 'delete', about: '#1', wait: 'all' })
  await alice!.send('lobby', 'once more', { kind: 'edit', about: '#1', wait: 'all' })
  for (const one of [alice!, bob!]) {
    await until('all is here', () => shown(one).length === 9)
    await until('all have stored', () => at(one, 1).deleted?.storedBy === 2)
    expect(at(one, 1)).toMatchObject({ text: '', deleted: { storedBy: 2, of: 2 } })
    expect(at(one, 1).reactions?.map(({ text }) => text)).toEqual(['🎉'])
    expect(at(one, 2)).toMatchObject({ text: 'where?', about: { text: '' } })
    expect([3, 9].map((position) => at(one, position).text)).toEqual(['', ''])
    expect(one.search('lobby', 'meeting', { limit: 9 })).toEqual([])
  }
  await agree(alice!, bob!)
})

test('nobody changes what another said, nor reacts with a speech', async () => {
  const [alice, bob] = await lobbyOf('alice', 'bob')
  await alice!.send('lobby', 'mine', { wait: 'all' })
  const as = (kind: 'reply' | 'edit' | 'delete' | 'reaction', about?: string) => ({
    kind,
    ...(about === undefined ? {} : { about }),
  })
  await expect(bob!.send('lobby', 'yours', as('edit', '#1'))).rejects.toEqual(failing('REFUSED'))
  await expect(bob!.send('lobby', '', as('delete', '#1'))).rejects.toEqual(failing('REFUSED'))
  await expect(bob!.send('lobby', 'x', as('reply'))).rejects.toEqual(failing('USAGE'))
  await expect(bob!.send('lobby', 'x', as('reply', '#7'))).rejects.toEqual(failing('USAGE'))
  await expect(bob!.send('lobby', 'x', as('reply', 'nonsense'))).rejects.toEqual(failing('USAGE'))
  await expect(bob!.send('lobby', '', as('reply', '#1'))).rejects.toEqual(failing('USAGE'))
  await expect(bob!.send('lobby', 'a b', as('reaction', '#1'))).rejects.toEqual(failing('USAGE'))
  await expect(bob!.send('lobby', 'x'.repeat(33), as('reaction', '#1'))).rejects.toEqual(
    failing('USAGE'),
  )
  await bob!.send('lobby', '+1', as('reaction', '#1'))
  await expect(bob!.send('lobby', 'x', as('reply', '#2'))).rejects.toEqual(failing('USAGE'))
  expect(shown(bob!).map(({ text }) => text)).toEqual(['mine', '+1'])
})
