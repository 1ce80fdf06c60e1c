// The picture of the chat in the README: made from the running program, and compared with what it
// shows now. `npx vitest run --project e2e -u screenshot` draws it anew.
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { root } from '../tidy/source.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { svgOf } from './harness/svg.ts'
import { commandLine, TerminalServer, whyNoProgram } from './harness/tmux.ts'
import { until } from './harness/until.ts'

const scene = useScene()

/** Times differ from run to run, and so do ids, after which names have their colours. */
const steady = (screen: string): string => {
  const names = ['114', '117', '180', '183', '216', '152']
  const seen: string[] = []
  return screen
    .replace(/\d\d:\d\d/g, '14:02')
    .replace(/\d{4}-\d\d-\d\d/g, '2026-11-22')
    .replace(
      /38;5;(\d+)(m +)(bob|carol|dave)\b/g,
      (_, color: string, space: string, name: string) => {
        if (!seen.includes(name)) seen.push(name)
        return `38;5;${names[seen.indexOf(name)] ?? color}${space}${name}`
      },
    )
}

test('the picture in the README is what the program shows', async ({ skip }) => {
  const why = whyNoProgram('tmux')
  if (why !== null) skip(why)
  const group = await scene().group('lobby', ['alice', 'bob', 'carol', 'dave'])
  const [alice, bob, carol, dave] = group as [Member, Member, Member, Member]
  const say = async (member: Member, text: string): Promise<void> => {
    await member.call('send', { network: 'lobby', text, wait: 'all' })
  }
  await alice.call('create', { name: 'ops' })
  await bob.call('join', { target: `${alice.ready.listen}/ops`, timeoutMs: 15_000 }, 20_000)
  await say(bob, 'the build server is gone, are you all here?')
  await say(carol, 'here. 日本語 works too 👍')
  const server = new TerminalServer(scene())
  try {
    const chat = await server.open('chat', { columns: 96, rows: 22 })
    chat.enter(commandLine(['--data-dir', alice.dataDir]))
    await chat.sees(/日本語/)
    chat.enter('yes, and without any server')
    await chat.sees(/without any server {2}✓ 4\/4/)
    chat.enter('/me pulls a plug')
    await chat.sees(/pulls a plug {2}✓ 4\/4/)
    const sign = { network: 'lobby', kind: 'reaction', about: '#3', text: '👍' } as const
    await carol.call('send', { ...sign, wait: 'all' })
    await chat.sees(/carol 👍 to #3/)
    await dave.kill()
    await chat.sees(/← dave went/)
    await allAgree([alice, bob, carol], 'lobby')
    const answer = { network: 'lobby', kind: 'reply', about: '#4' } as const
    await bob.call('send', { ...answer, text: 'that was dave. We go on', wait: 'all' })
    await chat.sees(/that was dave/)
    await bob.call('send', { network: 'ops', text: 'alice, disk 3 is full', wait: 'all' })
    await chat.sees(/@1 \*1/)
    chat.type('I saw it; what he missed he will get when he is back')
    await chat.sees(/when he is back$/m)
    await until('the notices are over', () => chat.screen().includes('F1 help'))
    const screen = server.tmux('capture-pane', '-e', '-p', '-t', 'chat').replace(/\n+$/, '')
    const picture = join(root, 'docs', 'images', 'chat.svg')
    await expect(svgOf(steady(screen), 96)).toMatchFileSnapshot(picture)
    chat.keys('C-u')
    chat.enter('/quit')
    await chat.sees(/[$#] *$/)
  } finally {
    server.end()
  }
})
