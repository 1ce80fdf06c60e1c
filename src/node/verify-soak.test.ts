/** A check must never find damage where there is none: it would set a sound database aside. */
import { expect, test } from 'vitest'

import type { ChatNode } from './running-node.ts'
import { agree, node, statusOf, tempFolder, until } from './test-nodes.suite.ts'

test('verify finds nothing wrong while everybody talks, leads, leaves and comes back', async () => {
  const folders = [tempFolder(), tempFolder(), tempFolder()]
  const names = ['alice', 'bob', 'carol']
  const start = (at: number) => node(names[at] ?? '', { dataDir: folders[at] ?? '' })
  const nodes: ChatNode[] = [await start(0), await start(1), await start(2)]
  const [alice] = nodes
  if (alice === undefined) return
  await alice.create('lobby')
  for (const other of nodes.slice(1)) await other.join({ target: alice.listen })
  await agree(...nodes)
  const over = new AbortController()
  const talk = async (): Promise<void> => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      const speaker = nodes[count % nodes.length]
      // Whoever is just being killed says nothing.
      await speaker?.send('lobby', `number ${count}`, { wait: 'queued' }).catch(() => {})
    }
  }
  const talking = talk()
  try {
    for (let round = 0; round < 2; round += 1) {
      for (const one of nodes)
        expect(await one.operator.verify('lobby')).toMatchObject({ ok: true })
      const at = round % nodes.length
      await nodes[at]?.destroy()
      nodes[at] = await start(at)
    }
  } finally {
    over.abort()
    await talking
  }
  await until(
    'all are one again',
    () =>
      agree(...nodes).then(
        () => true,
        () => false,
      ),
    20_000,
  )
  for (const one of nodes) {
    expect(await one.operator.verify('lobby')).toMatchObject({ ok: true })
    expect(one.operator.surroundings().lastRepair).toBeNull()
  }
}, 60_000)

test('two sides that went on alone: after the merge both are right, and the same', async () => {
  const folders = [tempFolder(), tempFolder()]
  const start = (at: number) => node(['alice', 'bob'][at] ?? '', { dataDir: folders[at] ?? '' })
  const say = async (one: ChatNode, texts: readonly string[]): Promise<void> => {
    await until(`${one.name} leads`, () => statusOf(one).role === 'leader')
    for (const text of texts) await one.send('lobby', text)
    await one.destroy()
  }
  const [alice, bob] = [await start(0), await start(1)]
  await alice.create('lobby')
  await bob.join({ target: alice.listen })
  await agree(alice, bob)
  await bob.destroy()
  await say(alice, ['alice alone 1', 'alice alone 2', 'alice alone 3'])
  await say(await start(1), ['bob alone 1', 'bob alone 2'])
  const again = [await start(0), await start(1)] as const
  await agree(...again)
  const [one, other] = [
    await again[0].operator.verify('lobby'),
    await again[1].operator.verify('lobby'),
  ]
  expect(one).toMatchObject({ ok: true, messages: 5 })
  expect(other).toEqual(one)
}, 60_000)
