import { expect, test } from 'vitest'

import { expectSameHistory, numbered, report, textsOf } from './harness/checks.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'

const scene = useScene()
const COUNT = 10_000

test('after 10,000 messages a newcomer has all of them, in order', async () => {
  const members = await scene().group('lobby', ['alice', 'bob'])
  const [alice] = members as [Member, Member]
  const texts = numbered('alice', COUNT)
  const sendAt = performance.now()
  const sent = await scene().run(
    ['send', 'lobby', '--lines', '--data-dir', alice.dataDir],
    texts.map((text) => `${text}\n`).join(''),
  )
  expect(sent.stderr).toBe('')
  expect(sent.code).toBe(0)
  report(`${COUNT} messages sent in ${Math.round(performance.now() - sendAt)} ms`)
  await allAgree(members, 'lobby', { count: COUNT })

  const carol = await scene().member('carol')
  const joinAt = performance.now()
  const target = `${alice.ready.listen}/lobby`
  await carol.json('join', target)
  await allAgree([...members, carol], 'lobby', { count: COUNT, withinMs: 30_000 })
  report(`joined and caught up with ${COUNT} in ${Math.round(performance.now() - joinAt)} ms`)

  const history = await carol.run('history', 'lobby', '--json')
  expect(history.code).toBe(0)
  const read = history.stdout.trimEnd().split('\n')
  expect(read.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(texts)
  expect(textsOf(await expectSameHistory([...members, carol], 'lobby'))).toEqual(texts)

  // A page from the middle, as somebody would ask for who missed it.
  const page = await carol.run('history', 'lobby', '--from', '4120', '--limit', '3', '--json')
  const positions = page.stdout.trimEnd().split('\n')
  expect(positions.map((line) => (JSON.parse(line) as { position: number }).position)).toEqual([
    4120, 4121, 4122,
  ])
})
