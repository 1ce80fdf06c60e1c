// The chat in the browser, from the first start to a split and its healing: two people, two
// browsers, two nodes.
import { mkdirSync, readFileSync } from 'node:fs'

import { beforeEach, expect, test } from 'vitest'

import { setWebPassword } from '../../src/node/local-api/web/password-door.ts'
import { NODE_AWAY, useBrowsers, type Window } from './harness/windows.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()
const browsers = useBrowsers()

beforeEach(({ skip }) => browsers.skipWithout(skip))

/** One creates a network and invites the other. */
const meet = async (alice: Window, bob: Window): Promise<void> => {
  await alice.sees('Welcome, alice')
  await alice.enter('Name of a new network', 'lobby')
  await alice.sees('Here the history begins.')
  await alice.click('Invite somebody')
  await alice.page.getByRole('img', { name: 'The link as a QR code' }).waitFor()
  const link = await alice.page.locator('.invite-link').innerText()
  expect(link.trim()).toMatch(/^parley:\/\/join\//)
  await alice.page.keyboard.press('Escape')
  await bob.sees('Welcome, bob')
  await bob.enter('Invite link, or the name of a network', link.trim())
  await bob.page.getByRole('heading', { level: 1, name: 'lobby' }).waitFor()
}

const download = async ({ page }: Window): Promise<readonly string[]> => {
  await page.getByRole('button', { name: /^This network/ }).click()
  const waiting = page.waitForEvent('download')
  await page.getByRole('link', { name: /Export/ }).click()
  const file = await waiting
  expect(file.suggestedFilename()).toBe('parley-lobby.jsonl')
  await page.keyboard.press('Escape')
  return readFileSync(await file.path(), 'utf8')
    .trim()
    .split('\n')
}

const texts = (window: Window, expected: readonly string[]): Promise<true> =>
  until(
    `the page shows ${expected.join(', ')}`,
    async () => {
      const shown = (await window.texts()).map((text) => text.trim())
      if (JSON.stringify(shown) === JSON.stringify(expected)) return true
      throw new Error(shown.join(', '))
    },
    20_000,
  )

const pair = async (): Promise<{
  nodes: readonly [Member, Member]
  pages: readonly [Window, Window]
}> => {
  const nodes = [await scene().member('alice'), await scene().member('bob')] as const
  const look = { expected: NODE_AWAY }
  const pages = [await browsers.open(nodes[0], look), await browsers.open(nodes[1], look)] as const
  await meet(...pages)
  return { nodes, pages }
}

test('from the first start to a split and its healing, with two browsers', async () => {
  const { nodes, pages } = await pair()
  const [alice, bob] = nodes
  const [a, b] = pages
  await a.say('lobby', 'hello bob')
  await b.sees('hello bob')
  await b.say('lobby', 'hello alice')
  await a.sees('hello alice')
  await a.page.getByRole('button', { name: /^✓ 2\/2, stored by 2 of 2/ }).waitFor()

  await bob.kill()
  await a.sees(/You are cut off with 1 of 2 since \d\d:\d\d, still writable/)
  await b.sees(/connection to your node was lost/)
  await a.say('lobby', 'alice alone')
  await a.page.getByRole('button', { name: /^✓/ }).nth(1).waitFor()
  // The node is away: the page keeps it.
  await b.say('lobby', 'bob alone')
  await alice.kill()
  await bob.restart()
  await b.page.locator('article:not(.is-pending)', { hasText: 'bob alone' }).waitFor()

  await alice.restart()
  await allAgree(nodes, 'lobby', { count: 4 })
  await a.allIsWell()
  await b.allIsWell()
  const order = (await alice.history('lobby')).map(({ text }) => text)
  expect(order.toSorted()).toEqual(['alice alone', 'bob alone', 'hello alice', 'hello bob'])
  for (const page of pages) await texts(page, order)
  const merged = /history re-joined: 1 message from (alice|bob), #[34]/
  const marks = await Promise.all(pages.map(({ page }) => page.getByText(merged).count()))
  expect(marks.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
  const teller = marks[0] === 0 ? b : a
  await teller.click(/^Go to #[34]/)
  await teller.page.locator('article.is-selected').waitFor()
  expect(await download(a)).toHaveLength((await download(b)).length)
})

test('a node that is started anew, a line that is cut, a machine that sleeps', async () => {
  const { nodes, pages } = await pair()
  const [alice, bob] = nodes
  const [a, b] = pages
  await a.say('lobby', 'one')
  await b.sees('one')
  // Started anew, under another life of the node, with the same session.
  await alice.kill('SIGTERM')
  await a.sees(/connection to your node was lost/)
  await bob.call('send', { network: 'lobby', text: 'two' })
  await alice.restart()
  await texts(a, ['one', 'two'])
  // The machine sleeps: nothing of the browser runs, nothing is closed.
  const session = await a.page.context().newCDPSession(a.page)
  await a.page.context().setOffline(true)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  for (const text of ['three', 'four']) await bob.call('send', { network: 'lobby', text })
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await a.page.context().setOffline(false)
  await texts(a, ['one', 'two', 'three', 'four'])
  // Signed out, this browser is asked for a link again.
  await a.click('Settings')
  await a.click('Sign out of this browser')
  await a.sees('Not signed in')
  await a.page.reload()
  await a.sees('This page needs a link from your node, so that nobody else can read along.')
  // A browser writes down that it was turned away, each time that it asked.
  const complaints = a.complaints.splice(0)
  expect(complaints.length).toBeGreaterThan(0)
  // So was its socket, if that tried to come back in that moment.
  expect(complaints.filter((line) => !/401|\/live/.test(line))).toEqual([])
})

test('from another machine: over TLS, and with the password', async () => {
  const dataDir = scene().folderOf('alice')
  mkdirSync(dataDir, { mode: 0o700 })
  await setWebPassword(dataDir, 'correct horse battery')
  // Every address of 127.0.0.0/8 is this machine's; for the node only 127.0.0.1 is.
  const alice = await scene().member('alice', { args: ['--web', '127.0.0.2:0', '--web-public'] })
  expect(alice.ready.web).toMatch(/^https:\/\/127\.0\.0\.2:/)
  const window = await browsers.blank({ expected: /401/ })
  await window.page.goto(alice.ready.web.replace(/#.*/, ''))
  await window.enter('Password of this page', 'wrong horse battery')
  await window.sees('This is not the password')
  await window.enter('Password of this page', 'correct horse battery')
  await window.sees('Welcome, alice')
  const cookies = await window.page.context().cookies()
  expect(cookies).toMatchObject([{ secure: true, httpOnly: true, sameSite: 'Strict' }])
})
