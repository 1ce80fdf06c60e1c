// Every verb, with and without --json, with a node and without, used well and used wrongly.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { specs } from '../../src/cli/program.ts'
import type { Ran } from './harness/process.ts'
import { Scene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = new Scene()
let alice: Member
let bob: Member
let carol: Member
let file = ''

beforeAll(async () => {
  const nds = await scene.nds()
  const options = { nds: [nds.ready.url] }
  alice = await scene.member('alice', options)
  bob = await scene.member('bob', options)
  carol = await scene.member('carol', options)
  await alice.call('create', { name: 'lobby' })
  await bob.call('join', { target: 'lobby' })
  await carol.call('join', { target: 'lobby' })
  await alice.call('create', { name: 'board', policy: 'invite' })
  for (const text of ['one fish', 'two fish'])
    await bob.json('send', 'lobby', text, '--wait', 'all')
  file = join(scene.folder, 'lobby.jsonl')
  writeFileSync(file, (await alice.run('export', 'lobby')).stdout)
})

afterAll(() => scene.end())

const errorOf = (ran: Ran): { code: string; hint: string } => {
  expect(ran.stdout).toBe('')
  return (JSON.parse(ran.stderr.trim()) as { error: { code: string; hint: string } }).error
}

interface Use {
  readonly args: readonly string[]
  /** Keys of what is printed with --json, for one object or for each line. */
  readonly keys: readonly string[]
  readonly by?: 'bob'
}

const message = ['id', 'network', 'author', 'text', 'position', 'clock', 'term', 'sentAt']
const changed = ['network', 'member']

/** One good use of each verb, in an order in which each of them works, twice. */
const uses = (): readonly Use[] => [
  { args: ['networks'], keys: ['networks'] },
  { args: ['members', 'lobby'], keys: ['leader', 'members'] },
  { args: ['status'], keys: ['node', 'networks'] },
  { args: ['send', 'lobby', 'three', 'fish'], keys: ['message'] },
  { args: ['history', 'lobby'], keys: message },
  { args: ['tail', 'lobby', '-n', '1'], keys: message },
  { args: ['search', 'lobby', 'FISH', 'tw'], keys: message },
  { args: ['topic', 'lobby', 'about', 'fish'], keys: ['network', 'topic'] },
  { args: ['topic', 'lobby'], keys: ['network', 'topic'], by: 'bob' },
  { args: ['role', 'lobby', 'bob', 'admin'], keys: [...changed, 'role'] },
  { args: ['role', 'lobby', '1', 'member'], keys: [...changed, 'role'] },
  { args: ['rename', 'board', 'council'], keys: ['network', 'name'] },
  { args: ['rename', 'council', 'board'], keys: ['network', 'name'] },
  { args: ['invite', 'lobby'], keys: ['link', 'expires', 'uses'], by: 'bob' },
  {
    args: ['invite', 'board', '--uses', '2', '--expires', '2h'],
    keys: ['link', 'expires', 'uses'],
  },
  { args: ['invite', 'board', '--list'], keys: ['invites'] },
  { args: ['verify', 'lobby'], keys: ['ok', 'entries', 'messages', 'head', 'fingerprint'] },
  { args: ['verify', 'lobby', '--upto', '1'], keys: ['ok', 'upTo', 'fingerprint'], by: 'bob' },
  { args: ['trace', '#1', '--network', 'lobby'], keys: ['id', 'state', 'author', 'entry'] },
  { args: ['export', 'lobby'], keys: ['index', 'hash', 'sig', 'entry'] },
  { args: ['import', '--verify-only', file], keys: ['ok', 'network', 'entries', 'head'] },
  { args: ['doctor'], keys: ['ok', 'checks'] },
  { args: ['config'], keys: ['file', 'exists', 'settings'] },
  { args: ['completion', 'bash'], keys: ['shell', 'script'] },
  { args: ['create', 'den'], keys: ['network', 'member', 'head'] },
  { args: ['join', 'den'], keys: ['network', 'member', 'head'] },
  { args: ['leave', 'den'], keys: ['network', 'left'] },
]

describe('each verb does what it says', () => {
  test('for people: words on stdout, nothing on stderr', async () => {
    for (const { args, by } of uses()) {
      const given = args[0] === 'create' || args[1] === 'den' ? args.with(1, 'nook') : args
      const ran = await (by === 'bob' ? bob : alice).run(...given)
      expect(ran, given.join(' ')).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout.trim(), given.join(' ')).not.toBe('')
    }
  })

  test('for programs: JSON on stdout, nothing on stderr', async () => {
    for (const { args, keys, by } of uses()) {
      const ran = await (by === 'bob' ? bob : alice).run(...args, '--json')
      expect(ran, args.join(' ')).toMatchObject({ code: 0, stderr: '' })
      for (const line of ran.stdout.trim().split('\n'))
        expect(Object.keys(JSON.parse(line) as object), args.join(' ')).toEqual(
          expect.arrayContaining([...keys]),
        )
    }
  })

  test('kick, ban and unban: seen by all, and by the one they are about', async () => {
    expect(await alice.json('kick', 'lobby', 'carol')).toMatchObject({ kicked: true })
    const removed = await carol.run('send', 'lobby', 'still here?', '--json')
    expect(removed.code).toBe(5)
    expect(await carol.json('join', 'lobby')).toMatchObject({ network: { name: 'lobby' } })
    expect(await alice.json('ban', 'lobby', 'carol')).toMatchObject({ banned: true })
    await until('carol is out', async () => {
      const { networks } = await carol.call('networks', {})
      return networks.every(({ name, joined }) => name !== 'lobby' || !joined)
    })
    const followed = await carol.run('tail', '-f', 'LOBBY', '--json')
    expect(followed.code).toBe(5)
    expect(followed.stdout).toContain('"text":"one fish"')
    expect(followed.stderr).toContain('"You were banned from lobby by alice"')
    expect(await carol.run('history', 'lobby')).toMatchObject({ code: 0, stderr: '' })
    const refused = await carol.run('join', 'lobby', '--json', '--timeout-ms', '5000')
    expect(refused.code).toBe(5)
    expect(errorOf(refused).code).toBe('BANNED')
    expect(await alice.json('unban', 'lobby', 'carol')).toMatchObject({ banned: false })
    expect(await carol.json('join', 'lobby')).toMatchObject({ network: { name: 'lobby' } })
  })

  test('a group by invite: one command with the link, nothing without', async () => {
    const { link } = await alice.json<{ link: string }>('invite', 'board')
    const [bare = ''] = link.split('#')
    const without = await bob.run('join', bare, '--json', '--timeout-ms', '5000')
    expect(without.code).toBe(5)
    expect(await bob.json('join', link)).toMatchObject({ network: { name: 'board' } })
    const again = await carol.run('join', link, '--json', '--timeout-ms', '5000')
    expect(again.code, 'it was for one').toBe(5)
    const second = await alice.json<{ link: string }>('invite', 'board', '--uses', '9')
    await alice.json('invite', 'board', '--revoke', second.link)
    const revoked = await carol.run('join', second.link, '--json', '--timeout-ms', '5000')
    expect(revoked.code).toBe(5)
  })
})

describe('each verb fails as it should', () => {
  test('without a node: exit 3, and NO_NODE', async () => {
    const nowhere = ['--data-dir', join(scene.folder, 'nobody')]
    const withoutNode = ['import', 'config', 'completion']
    for (const { args } of uses()) {
      if (withoutNode.includes(args[0] ?? '')) continue
      const ran = await scene.run([...args, ...nowhere, '--json'])
      expect(ran.code, args.join(' ')).toBe(3)
      if (args[0] !== 'doctor') expect(errorOf(ran).code).toBe('NO_NODE')
      const words = await scene.run([...args, ...nowhere])
      expect(words.code, args.join(' ')).toBe(3)
    }
  })

  test('used wrongly: exit 2, and a hint', async () => {
    for (const { usage } of specs) {
      const [verb = ''] = usage.split(' ')
      const ran = await alice.run(verb, '--no-such-option', '--json')
      expect(ran.code, verb).toBe(2)
      expect(errorOf(ran).hint, verb).not.toBe('')
      if (!usage.includes('<')) continue
      const bare = await alice.run(verb, '--json')
      expect(bare.code, `${verb} without its arguments`).toBe(2)
      expect(errorOf(bare).code).toBe('USAGE')
    }
  })

  test.each([
    [['topic', 'nowhere', 'x'], 1, 'NETWORK_NOT_FOUND'],
    [['topic', 'nowhere'], 1, 'NETWORK_NOT_FOUND'],
    [['rename', 'nowhere', 'x'], 1, 'NETWORK_NOT_FOUND'],
    [['role', 'nowhere', 'x', 'admin'], 1, 'NETWORK_NOT_FOUND'],
    [['ban', 'nowhere', 'x'], 1, 'NETWORK_NOT_FOUND'],
    [['unban', 'nowhere', 'x'], 1, 'NETWORK_NOT_FOUND'],
    [['invite', 'nowhere'], 1, 'NETWORK_NOT_FOUND'],
    [['search', 'nowhere', 'x'], 1, 'NETWORK_NOT_FOUND'],
    [['verify', 'nowhere'], 1, 'NETWORK_NOT_FOUND'],
    [['export', 'nowhere'], 1, 'NETWORK_NOT_FOUND'],
    [['ban', 'lobby', 'nobody'], 5, 'NOT_A_MEMBER'],
    [['unban', 'lobby', 'alice'], 5, 'NOT_A_MEMBER'],
    [['role', 'lobby', 'nobody', 'admin'], 5, 'NOT_A_MEMBER'],
    [['role', 'lobby', 'alice', 'member'], 5, 'REFUSED'],
    [['ban', 'lobby', 'alice'], 5, 'REFUSED'],
    [['rename', 'lobby', 'mine'], 5, 'REFUSED'],
    [['role', 'lobby', 'alice', 'king'], 2, 'USAGE'],
    [['invite', 'lobby', '--expires', 'soon'], 2, 'USAGE'],
    [['invite', 'lobby', '--uses', '0'], 2, 'USAGE'],
    [['export', 'lobby', '--format', 'pdf'], 2, 'USAGE'],
    [['import', '--verify-only', '/no/such/file'], 2, 'USAGE'],
    [['import', '/no/such/file'], 2, 'USAGE'],
    [['verify', 'lobby', '--upto', '999'], 2, 'USAGE'],
    [['trace', 'no-such-message'], 2, 'USAGE'],
    [['completion', 'tcsh'], 2, 'USAGE'],
    [['search', 'lobby', 'x', '-n', '0'], 2, 'USAGE'],
    [['verify', 'lobby', '--timeout-ms', '1'], 4, 'TIMEOUT'],
    [['verify', 'lobby', '--offline'], 1, 'STORAGE_BUSY'],
  ])('%j: exit %i %s', async (args, exit, code) => {
    const ran = await bob.run(...args, '--json')
    expect(ran.code, ran.stderr).toBe(exit)
    expect(errorOf(ran).code).toBe(code)
    const words = await bob.run(...args)
    expect(words).toMatchObject({ code: exit, stdout: '' })
    expect(words.stderr).toContain(`(${code})`)
  })

  test('an export from stdin, in order and altered', async () => {
    const { stdout } = await alice.run('export', 'lobby')
    const args = ['import', '--verify-only', '-', '--json']
    expect(await scene.run(args, stdout)).toMatchObject({ code: 0, stderr: '' })
    expect((await scene.run(args, stdout.replace('two fish', 'too fish'))).code).toBe(6)
  })

  test('an altered export: exit 6, and the line is named', async () => {
    const { stdout } = await alice.run('export', 'lobby')
    const altered = join(scene.folder, 'altered.jsonl')
    writeFileSync(altered, stdout.replace('two fish', 'too fish'))
    const ran = await scene.run(['import', '--verify-only', altered, '--json'])
    expect(ran.code).toBe(6)
    expect(errorOf(ran)).toMatchObject({
      code: 'VERIFICATION_FAILED',
      message: expect.stringMatching(/^Line \d+: entry \d+ of term /) as string,
    })
  })
})

test('each verb’s help begins with examples, on stdout, and ends with exit 0', async () => {
  for (const { usage } of specs) {
    const [verb = ''] = usage.split(' ')
    const ran = await scene.run([verb, '--help'])
    expect(ran, verb).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout, verb).toMatch(/^Examples:\n {2}\S/)
  }
})
