// The chat with panes as people use it: in terminals, typed into and looked at.
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { LocalClient } from '../../src/node/local-api/client.ts'
import { isRunning } from '../../src/node/local-api/info-file.ts'
import { numbered } from './harness/checks.ts'
import { useScene } from './harness/scene.ts'
import { commandLine, TerminalServer, whyNoProgram, type Terminal } from './harness/tmux.ts'
import { until } from './harness/until.ts'

const scene = useScene()
let server: TerminalServer

beforeEach(({ skip }) => {
  const why = whyNoProgram('tmux')
  if (why !== null) skip(why)
  server = new TerminalServer(scene())
})

afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.log(server.tmux('list-sessions'))
  server.end()
})

const folderOf = (name: string): string => join(scene().folder, name)

const start = async (
  name: string,
  nds: string,
  look = { columns: 100, rows: 30 },
): Promise<Terminal> => {
  const terminal = await server.open(name, look)
  const args = ['--data-dir', folderOf(name), '--listen', '127.0.0.1:0', '--nds', nds]
  terminal.enter(commandLine(args))
  await terminal.sees(/What shall others call you\?/)
  terminal.keys('C-u')
  terminal.enter(name)
  await terminal.sees(new RegExp(`Welcome to Parley, ${name}`))
  return terminal
}

/** Times, days and ids differ from run to run. */
const masked = (screen: string): string =>
  screen.replace(/\d\d:\d\d/g, 'hh:mm').replace(/\d{4}-\d\d-\d\d/g, 'yyyy-mm-dd')

/** The program has left the terminal as it found it, and never cleared it as a whole. */
const expectTidy = async (terminal: Terminal): Promise<void> => {
  await terminal.sees(/[$#] *$/)
  terminal.enter('stty -a; echo done $((6 * 7))')
  const screen = await terminal.sees(/done 42/)
  expect(screen).toMatch(/ icanon /)
  expect(screen).toMatch(/ echo /)
  const raw = terminal.raw()
  // The screen from before, the cursor, no reports of focus, no marks around pastes.
  const end = raw.slice(raw.lastIndexOf('\u001b[?1049l'))
  const modes = ['1049l', '25h', '1004l', '2004l'].map((mode) => `\u001b[?${mode}`)
  expect(end.startsWith(modes.join('')), JSON.stringify(end.slice(0, 80))).toBe(true)
  expect(raw.split('\u001b[2J').length - 1, 'screens cleared').toBe(0)
  expect(raw.split('\u001b[3J').length - 1, 'histories cleared').toBe(0)
}

/** The link on the screen, however it is broken into lines. */
const linkOn = (screen: string): string =>
  /parley:\/\/join\/[\s\S]*?(?=\n\s*\n)/.exec(screen)?.[0].replace(/\s+/g, '') ?? ''

test('two people: create, invite, paste the link, chat; the leader is killed', async () => {
  const { ready } = await scene().nds()
  const alice = await start('alice', ready.url)
  alice.enter('/create lobby')
  await alice.sees(/★ alice {2}1 of 1 active/)
  alice.enter('/invite')
  const link = linkOn(await alice.sees(/Others join lobby/))
  expect(link).toMatch(/^parley:\/\/join\//)
  await alice.escape()

  const bob = await start('bob', ready.url, { columns: 60, rows: 16 })
  bob.paste(link)
  bob.keys('Enter')
  await bob.sees(/lobby {2}★ alice {2}2 of 2 active/)
  await alice.sees(/→ bob came/)
  bob.enter('hello alice, 日本語 👍 e\u0301')
  await alice.sees(/bob @ hello alice, 日本語 👍 é|bob @ hello alice, 日本語 👍 e\u0301/)
  await bob.sees(/✓ 2\/2/)
  alice.enter('/me waves')
  await bob.sees(/\* │ alice waves/)
  alice.enter('/jion ops')
  await alice.sees(/There is no \/jion, nothing was sent: did you mean \/join\?/)
  alice.keys('C-u')
  alice.enter('//slashes stay')
  await bob.sees(/alice │ \/slashes stay/)
  expect(masked(bob.screen())).toMatchInlineSnapshot(`
    " lobby  ★ alice  2 of 2 active








     Here the history begins.
    ─── yyyy-mm-dd ─────────────────────────────────────────────
    hh:mm       bob │ hello alice, 日本語 👍 é  ✓ 2/2
    hh:mm         * │ alice waves
    hh:mm     alice │ /slashes stay
     F1 help  F2 status  Tab completes
    lobby›"
  `)

  process.kill(new LocalClient(folderOf('alice')).info.pid, 'SIGKILL')
  await bob.sees(/lobby {2}★ bob {2}1 of 2 active/)
  await bob.sees(/★ bob leads/)
  await bob.sees(/cut off with 1 of 2 since \d\d:\d\d, still writable/)
  bob.enter('alone now')
  await bob.sees(/alone now {2}✓/)

  // In the same terminal, after the shell has put it right.
  alice.keys('C-c')
  alice.enter('stty sane; tput rmcup')
  alice.enter(commandLine(['--data-dir', folderOf('alice'), '--nds', ready.url]))
  await alice.sees(/lobby {2}★ bob {2}2 of 2 active/)
  await alice.sees(/alone now/)
  await bob.sees(/★ bob {2}2 of 2 active/)
  bob.keys('F2')
  await bob.sees(/bob leads because nobody active has been/)
  bob.keys('NPage')
  await bob.sees(/★ 1 +bob/)
  bob.keys('F2')
  bob.enter('/quit')
  await expectTidy(bob)
  alice.keys('C-d')
  await expectTidy(alice)
})

test('ten thousand messages: scrolled, searched, resized, pasted into, left', async () => {
  const { ready } = await scene().nds()
  const alice = await start('alice', ready.url, { columns: 120, rows: 40 })
  alice.enter('/create lobby')
  await alice.sees(/★ alice/)
  const lines = numbered('line', 10_000).map((line, index) =>
    index === 4_321 ? `${line} with a needle in it` : line,
  )
  const args = ['send', 'lobby', '--lines', '--data-dir', folderOf('alice')]
  expect((await scene().run(args, lines.join('\n'))).code).toBe(0)
  await alice.sees(/│ line 10000/)

  for (let page = 1; page <= 20; page += 1) {
    const before = alice.screen()
    alice.keys('PPage')
    await until('a page further up', () => alice.screen() !== before)
  }
  const above = alice.screen()
  const [, first = ''] = /│ line (\d+)/.exec(above) ?? []
  expect(Number(first)).toBeGreaterThan(9_000)
  expect(Number(first)).toBeLessThan(9_500)
  // Without a gap from the first to the last row.
  const shown = Array.from(above.matchAll(/│ line (\d+)/g), ([, number]) => Number(number))
  expect(shown).toEqual(shown.map((_, index) => Number(first) + index))
  expect(above).toMatch(/↓ newer messages below/)

  alice.keys('C-Home')
  await alice.sees(/Here the history begins/)
  await alice.sees(/▸│ line 1 {2}✓/)
  await alice.escape()
  await alice.sees(/│ line 10000/)

  alice.enter('/search needle')
  await alice.sees(/Search “needle”: 1 found/)
  alice.keys('Enter')
  await alice.sees(/▸│ line 4322 with a needle in it/)
  alice.keys('Enter')
  await alice.sees(/Message #4322/)
  await alice.escape()

  alice.resize({ columns: 60, rows: 16 })
  await alice.sees(/^ lobby {2}★ alice/)
  await alice.escape()
  await until('the small screen is drawn', () => alice.screen().includes('line 10000'))
  const small = alice.screen().split('\n')
  expect(small.length).toBeLessThanOrEqual(16)
  expect(small.at(-1)).toMatch(/^lobby›/)
  alice.resize({ columns: 220, rows: 50 })
  await alice.sees(/^ Networks {20,}│ lobby/)

  const before = (await new LocalClient(folderOf('alice')).call('status', {})).networks[0]!.count
  alice.paste(numbered('pasted', 50).join('\n'))
  await alice.sees(/Paste 50 lines\?/)
  await alice.escape()
  await alice.sees(/F1 help/)
  alice.paste(numbered('pasted', 50).join('\n'))
  await alice.sees(/Paste 50 lines\?/)
  alice.type('s')
  await alice.sees(/│ pasted 50 {2}✓/)
  const { networks } = await new LocalClient(folderOf('alice')).call('status', {})
  expect(networks[0]!.count).toBe(before + 50)

  alice.type('left behind')
  await alice.sees(/lobby› left behind/)
  process.kill(new LocalClient(folderOf('alice')).info.pid, 'SIGTERM')
  await expectTidy(alice)
})

test('a window that is closed: its node leaves, and nothing of it stays behind', async () => {
  const { ready } = await scene().nds()
  const alice = await start('alice', ready.url)
  alice.enter('/create lobby')
  await alice.sees(/★ alice/)
  const bob = await scene().member('bob', { nds: [ready.url] })
  await bob.call('join', { target: 'lobby', timeoutMs: 15_000 }, 20_000)
  await alice.sees(/→ bob came/)
  const { pid } = new LocalClient(folderOf('alice')).info
  server.tmux('kill-session', '-t', 'alice')
  await until('its process has ended', () => !isRunning(pid), 5_000)
  await until('bob leads', async () => (await bob.network('lobby')).leader?.name === 'bob')
  // In order, not missed: then nobody would be waited for.
  expect((await bob.network('lobby')).splitSince).toBeNull()
  expect(() => new LocalClient(folderOf('alice'))).toThrow(/No node is running/)
})
