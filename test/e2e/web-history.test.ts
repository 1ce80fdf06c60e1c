// Long histories in the browser: opened, scrolled, searched; and how quick all of it is.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { beforeEach, expect, test } from 'vitest'

import { ENTRIES_PER_SIGNATURE } from '../../bench/author.ts'
import { loadIdentity } from '../../src/crypto/identity-file.ts'
import { root } from '../tidy/source.ts'
import { useBrowsers, type Window } from './harness/windows.ts'
import { report, timeLimit } from './harness/checks.ts'
import { writeHistory } from './harness/long-history.ts'
import { useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'
import { framesWhileScrolling, measureDelays } from './harness/web-measures.ts'

const scene = useScene()
const browsers = useBrowsers()

const EACH = 64
/** Messages of one stretch of a leader's signatures. */
const STRETCH = EACH * ENTRIES_PER_SIGNATURE

const memberWith = async (stretches: number): Promise<Member> => {
  const dataDir = scene().folderOf('alice')
  mkdirSync(dataDir, { mode: 0o700 })
  const size = { entries: 2 + stretches * ENTRIES_PER_SIGNATURE, each: EACH }
  writeHistory(dataDir, size, loadIdentity(dataDir), 'long')
  return scene().member('alice')
}

/** Milliseconds from the click on the link until the last message can be read. */
const opening = async (member: Member, last: string): Promise<{ window: Window; ms: number }> => {
  const window = await browsers.blank()
  const { link } = await member.call('web_link', {})
  const start = performance.now()
  await window.page.goto(link, { waitUntil: 'commit' })
  await window.sees(last)
  return { window, ms: performance.now() - start }
}

beforeEach(({ skip }) => browsers.skipWithout(skip))

test('100,000 messages: opened, scrolled up, searched, and gone to the first', async () => {
  const stretches = Math.ceil(100_000 / STRETCH)
  const count = stretches * STRETCH
  const alice = await memberWith(stretches)
  await alice.call('mark_read', { network: 'long' })
  await alice.call('send', { network: 'long', text: 'a needle in the hay' })
  const { window, ms } = await opening(alice, 'a needle in the hay')
  report(`${count} messages: the last one can be read after ${Math.round(ms)} ms`)
  const { page } = window
  const frames = await framesWhileScrolling(page, 120)
  report(`scrolling up: ${frames.perSecond.toFixed(1)} frames/s, longest ${frames.longestMs} ms`)
  const isUp = `document.querySelector('article').id !== 'm${count + 1}'`
  expect(await page.evaluate(isUp)).toBe(true)
  // Only what is in sight is there.
  expect(await page.locator('article').count()).toBeLessThan(200)
  await window.click(/^Search/)
  await window.enter('Words that a message contains', 'needle')
  await window.sees('1 found')
  await page.getByRole('button', { name: /#1003\d\d/ }).click()
  await page.locator(`article#m${count + 1}`).waitFor()
  await page.keyboard.press('Control+Home')
  await page.locator('article#m1').waitFor()
  await window.sees('Here the history begins.')
})

test('10,000 messages: the last one can be read within a second', async () => {
  const stretches = Math.ceil(10_000 / STRETCH)
  const alice = await memberWith(stretches)
  await alice.call('send', { network: 'long', text: 'the last one' })
  await alice.call('mark_read', { network: 'long' })
  const limit = timeLimit(1_000)
  // Once is enough to show what it takes.
  const all: number[] = []
  while (all.length < 4 && !all.some((ms) => ms < limit)) {
    all.push((await opening(alice, 'the last one')).ms)
  }
  report(`the last of 10,000 messages: ${all.map(Math.round).join(', ')} ms`)
  expect(Math.min(...all)).toBeLessThan(limit)
})

test('twenty messages a second are in the other browser within 150 ms, 99 of 100', async () => {
  const [alice, bob] = (await scene().group('lobby', ['alice', 'bob'])) as [Member, Member]
  const [a, b] = [await browsers.open(alice), await browsers.open(bob)]
  for (const { page } of [a, b]) await page.getByLabel('Message lobby').waitFor()
  const limit = timeLimit(150)
  const p99: number[] = []
  while (p99.length < 4 && !p99.some((ms) => ms < limit)) {
    const delays = await measureDelays(a.page, b.page, { perSecond: 20, count: 100 })
    p99.push(delays.toSorted((one, other) => one - other)[98] ?? Number.NaN)
  }
  report(`from browser to browser at 20 messages/s, p99: ${p99.map(Math.round).join(', ')} ms`)
  expect(Math.min(...p99)).toBeLessThan(limit)
  await until('all are stored', async () => (await bob.history('lobby')).length >= 100)
})

test('what a browser has to load is less than 200 kB, compressed', () => {
  const folder = join(root, 'dist', 'web')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  const bytes = files
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length)
    .reduce((sum, size) => sum + size, 0)
  report(`the page: ${(bytes / 1_000).toFixed(1)} kB`)
  expect(bytes).toBeLessThan(200_000)
})
