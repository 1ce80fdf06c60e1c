// What scripts rely on: the JSON of every verb, where it goes, and the exit codes.
import { join } from 'node:path'

import { beforeAll, afterAll, describe, expect, test } from 'vitest'

import { type Ran } from './harness/process.ts'
import { Scene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = new Scene()
let alice: Member
let bob: Member

const ID = /^[\w-]{43}$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

interface Message {
  readonly text: string
  readonly position: number
}

const linesOf = (ran: Ran): readonly Message[] =>
  ran.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Message)

const errorOf = (ran: Ran): { code: string; message: string; hint: string } => {
  const lines = ran.stderr.trim().split('\n')
  expect(lines).toHaveLength(1)
  expect(ran.stdout).toBe('')
  return (JSON.parse(lines[0] ?? '') as { error: { code: string; message: string; hint: string } })
    .error
}

beforeAll(async () => {
  const nds = await scene.nds()
  alice = await scene.member('alice', { nds: [nds.ready.url] })
  bob = await scene.member('bob', { nds: [nds.ready.url] })
})

afterAll(() => scene.end())

describe('results with --json', () => {
  test('create and join', async () => {
    const created = await alice.json('create', 'lobby')
    expect(created).toEqual({
      network: { id: expect.stringMatching(ID) as string, name: 'lobby' },
      member: 0,
      head: expect.stringMatching(ID) as string,
    })
    expect(await bob.json('join', 'lobby')).toMatchObject({ network: { name: 'lobby' }, member: 1 })
  })

  test('send', async () => {
    const sent = await bob.json('send', 'lobby', 'hello', 'everybody', '--wait', 'all')
    expect(sent).toEqual({
      message: {
        id: expect.stringMatching(UUID) as string,
        position: 1,
        clock: expect.any(Number) as number,
        storedBy: 2,
        of: 2,
        missing: [],
      },
    })
  })

  test.each(['queued', 'sequenced', 'majority', 'all', '2'])('send --wait %s', async (wait) => {
    const { message } = await alice.json<{ message: { storedBy: number } }>(
      'send',
      'lobby',
      `waited for ${wait}`,
      '--wait',
      wait,
    )
    expect(message.storedBy).toBeGreaterThanOrEqual(wait === 'queued' ? 1 : 2)
  })

  test('send from stdin: one message, or one for each line', async () => {
    const target = ['send', 'lobby', '--json', '--data-dir', alice.dataDir]
    const whole = await scene.run([...target, '-'], 'two\nlines\n')
    expect(whole.code).toBe(0)
    expect((await scene.run(target, 'without a dash')).code).toBe(0)
    const lines = await scene.run([...target, '--lines'], 'one\ntwo\n\nfour\n')
    expect(linesOf(lines)).toHaveLength(3)
    const texts = linesOf(await bob.run('tail', 'lobby', '-n', '5', '--json'))
    expect(texts.map(({ text }) => text)).toEqual([
      'two\nlines',
      'without a dash',
      'one',
      'two',
      'four',
    ])
  })

  test('history and tail', async () => {
    const history = linesOf(await bob.run('history', 'lobby', '--json'))
    expect(history.map(({ position }) => position)).toEqual(history.map((_, index) => index + 1))
    expect(history[0]).toMatchObject({
      id: expect.stringMatching(UUID) as string,
      network: expect.stringMatching(ID) as string,
      author: { id: bob.ready.id, name: 'bob' },
      text: 'hello everybody',
      position: 1,
      clock: expect.any(Number) as number,
      term: expect.stringMatching(ID) as string,
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      storedBy: 2,
      of: 2,
    })
    const last = linesOf(await bob.run('history', 'lobby', '--limit', '2', '--json'))
    expect(last).toEqual(history.slice(-2))
    const middle = ['history', 'lobby', '--from', '2', '--limit', '2', '--json']
    expect(linesOf(await bob.run(...middle))).toEqual(history.slice(1, 3))
  })

  test('tail -f: what is delivered, and what happens', async () => {
    const args = ['tail', '-f', 'lobby', '-n', '1', '--json', '--data-dir', alice.dataDir]
    const tail = scene.start('tail', args)
    await until('the tail has begun', () => tail.lines.length > 0)
    const carol = await scene.member('carol')
    await carol.json('join', `${alice.ready.listen}/lobby`)
    await carol.json('send', 'lobby', 'carol was here')
    await carol.kill('SIGTERM')
    interface Line {
      readonly event?: string
      readonly text?: string
      readonly active?: readonly { readonly name: string }[]
    }
    const lines = (): readonly Line[] => tail.lines.map((line) => JSON.parse(line) as Line)
    await until('carol has come and gone', () => {
      const views = lines().filter(({ event }) => event === 'view')
      const sizes = views.map(({ active }) => active?.length ?? 0)
      return sizes.includes(3) && sizes.at(-1) === 2
    })
    expect(lines().at(0)?.text).toBe('four')
    expect(lines().some(({ text }) => text === 'carol was here')).toBe(true)
    expect(await tail.kill('SIGINT')).toEqual({ code: 130, signal: null })
  })

  test('networks, members, status, invite', async () => {
    const { networks } = await bob.json<{ networks: unknown[] }>('networks')
    expect(networks).toEqual([
      {
        id: expect.stringMatching(ID) as string,
        name: 'lobby',
        joined: true,
        leader: { id: alice.ready.id, name: 'alice' },
        members: 2,
        unread: expect.any(Number) as number,
      },
    ])
    const members = await bob.json<{ leader: number; members: unknown[] }>('members', 'lobby')
    expect(members.leader).toBe(0)
    expect(members.members.slice(0, 2)).toMatchObject([
      {
        number: 0,
        id: alice.ready.id,
        name: 'alice',
        role: 'owner',
        leader: true,
        active: true,
        self: false,
        address: alice.ready.listen,
        lastHeardMs: expect.any(Number) as number,
      },
      { number: 1, name: 'bob', role: 'member', leader: false, active: true, self: true },
    ])
    expect(await bob.json('status')).toMatchObject({
      node: { id: bob.ready.id, name: 'bob', listen: bob.ready.listen },
      networks: [
        {
          id: expect.stringMatching(ID) as string,
          name: 'lobby',
          role: 'follower',
          head: expect.stringMatching(ID) as string,
          count: expect.any(Number) as number,
          leader: { id: alice.ready.id, name: 'alice', number: 0 },
          active: 2,
          splitSince: null,
          outbox: 0,
        },
      ],
    })
    const invite = await bob.json<{ link: string; expires: unknown; uses: unknown }>(
      'invite',
      'lobby',
    )
    expect(invite.link).toMatch(/^parley:\/\/join\/[\w-]{43}\?n=lobby&a=/)
    expect(Object.keys(invite)).toEqual(['link', 'expires', 'uses'])
    const dave = await scene.member('dave')
    expect(await dave.json('join', invite.link)).toMatchObject({ network: { name: 'lobby' } })
    await dave.json('leave', 'lobby')
    await dave.kill()
  })

  test('send --reply, --edit, --react and --delete', async () => {
    const { message } = (await alice.json('send', 'lobby', 'helo', '--wait', 'all')) as {
      message: { position: number }
    }
    const at = String(message.position)
    await bob.json('send', 'lobby', 'what?', '--reply', at, '--wait', 'all')
    await alice.json('send', 'lobby', 'hello', '--edit', at, '--wait', 'all')
    await bob.json('send', 'lobby', '+1', '--react', `#${at}`, '--wait', 'all')
    const [edited, reply] = (await bob.history('lobby')).slice(message.position - 1)
    expect(edited).toMatchObject({ text: 'hello', edited: true, reactions: [{ text: '+1' }] })
    expect(reply).toMatchObject({ kind: 'reply', about: { position: message.position } })
    const others = await bob.run('send', 'lobby', '--delete', at, '--json')
    expect([others.code, errorOf(others).code]).toEqual([5, 'REFUSED'])
    const both = await alice.run('send', 'lobby', 'x', '--delete', at, '--edit', at, '--json')
    expect(both.code).toBe(2)
    await alice.json('send', 'lobby', '--delete', at, '--wait', 'all')
    const [gone] = (await alice.history('lobby')).slice(message.position - 1)
    expect(gone).toMatchObject({ text: '', deleted: { storedBy: 2, of: 2 } })
  })

  test('kick: everybody sees it, the one who was kicked too', async () => {
    const mallory = await scene.member('mallory')
    await mallory.json('join', `${alice.ready.listen}/lobby`)
    await alice.json('kick', 'lobby', 'mallory')
    await until('nobody counts mallory', async () => {
      const { members } = await bob.call('members', { network: 'lobby' })
      return members.every(({ name }) => name !== 'mallory')
    })
    const refused = await mallory.run('send', 'lobby', 'hello?', '--json', '--timeout-ms', '5000')
    expect(refused.code).toBe(5)
    await mallory.kill()
  })
})

describe('failures', () => {
  test.each([
    [['join', 'nowhere'], 1, 'NETWORK_NOT_FOUND'],
    [['send', 'nowhere', 'x'], 1, 'NETWORK_NOT_FOUND'],
    [['history', 'nowhere'], 1, 'NETWORK_NOT_FOUND'],
    [['tail', 'nowhere'], 1, 'NETWORK_NOT_FOUND'],
    [['members', 'nowhere'], 1, 'NETWORK_NOT_FOUND'],
    [['create', 'lobby'], 5, 'NAME_TAKEN'],
    [['join', 'lobby'], 0, ''],
    [['kick', 'lobby', 'nobody'], 5, 'NOT_A_MEMBER'],
    [['kick', 'lobby', 'alice'], 5, 'REFUSED'],
    [['send', 'lobby'], 2, 'USAGE'],
    [['send', 'lobby', 'x', '--wait', 'luck'], 2, 'USAGE'],
    [['send', 'lobby', 'x', '--wait', '7'], 2, 'USAGE'],
    [['join', '127.0.0.1:1/other'], 3, 'UNREACHABLE'],
    [['frobnicate'], 2, 'USAGE'],
    [['status', '--frob'], 2, 'USAGE'],
    [['members'], 2, 'USAGE'],
  ])('%j: exit %i %s', async (args, exit, code) => {
    const ran = await bob.run(...args, '--json')
    expect(ran.code, ran.stderr).toBe(exit)
    if (exit === 0) return
    const error = errorOf(ran)
    expect(error.code).toBe(code)
    expect(error.message).not.toBe('')
    expect(error.hint).not.toBe('')
  })

  test('no node: exit 3 for every verb that needs one', async () => {
    const nowhere = ['--data-dir', join(scene.folder, 'nobody'), '--json']
    const verbs = [
      ['networks'],
      ['create', 'x'],
      ['join', 'x'],
      ['leave', 'x'],
      ['send', 'x', 'y'],
      ['tail', 'x'],
      ['history', 'x'],
      ['members', 'x'],
      ['status'],
      ['invite', 'x'],
      ['kick', 'x', 'y'],
    ]
    for (const verb of verbs) {
      const ran = await scene.run([...verb, ...nowhere])
      expect(ran.code, verb.join(' ')).toBe(3)
      expect(errorOf(ran).code).toBe('NO_NODE')
    }
  })

  test('64 KiB is a message, one byte more is refused', async () => {
    const target = ['send', 'lobby', '--json', '--data-dir', alice.dataDir]
    expect((await scene.run([...target, '-'], 'x'.repeat(65_536))).code).toBe(0)
    const refused = await scene.run([...target, '-'], 'x'.repeat(65_537))
    expect(refused.code).toBe(5)
    expect(errorOf(refused).code).toBe('TOO_LARGE')
    const wide = await scene.run([...target, '-'], 'ä'.repeat(32_769))
    expect(errorOf(wide).code).toBe('TOO_LARGE')
  })

  test('for people errors are words on stderr, without colour here', async () => {
    const ran = await bob.run('join', 'nowhere')
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toMatch(/^parley: .*\(NETWORK_NOT_FOUND\)\n {8}\S/)
    expect(ran.stderr).not.toContain('\u001b')
  })
})

describe('help', () => {
  const verbs = [
    '',
    'run',
    'nds',
    'networks',
    'create',
    'join',
    'leave',
    'send',
    'tail',
    'history',
    'members',
    'status',
    'invite',
    'kick',
  ]
  test.each(verbs)('parley %s --help: examples first, on stdout, exit 0', async (verb) => {
    const ran = await scene.run([...verb.split(' ').filter((word) => word !== ''), '--help'])
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toMatch(/^Examples:\n {2}parley/)
    expect(ran.stdout).toContain('Usage: parley')
  })

  test('text from others cannot move the cursor or colour anything', async () => {
    const nasty = '\u001b[2J\u001b]0;title\u0007red\u202e\nbob: fake'
    await scene.run(['send', 'lobby', '-', '--data-dir', alice.dataDir], nasty)
    const shown = await bob.run('tail', 'lobby', '-n', '1')
    expect(shown.stdout).toMatch(/alice: red\n {4}bob: fake\n$/)
    const json = await bob.run('tail', 'lobby', '-n', '1', '--json')
    expect(linesOf(json)[0]?.text).toBe(nasty)
  })
})
