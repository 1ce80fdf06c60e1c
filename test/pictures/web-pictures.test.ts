// Pictures of the chat in the browser, for the README: real nodes, a real browser, a group that is
// cut in two and heals. `npm run pictures` draws them anew into docs/images.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openChat, startBrowser } from '../e2e/harness/browser.ts'
import { allAgree, useScene, type Member } from '../e2e/harness/scene.ts'
import { root } from '../tidy/source.ts'

const scene = useScene()
const folder = process.env['PICTURES'] ?? join(root, 'docs', 'images')
let browser: Browser

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  browser = await startBrowser()
})

afterAll(async () => browser.close())

const wide = { viewport: { width: 1180, height: 760 }, deviceScaleFactor: 2 } as const
const phone = {
  viewport: { width: 390, height: 780 },
  deviceScaleFactor: 2,
  isMobile: true,
} as const

const say = async (member: Member, text: string, network = 'harbour'): Promise<void> => {
  await member.call('send', { network, text, wait: 'sequenced' })
}

const draw = async (page: Page, name: string): Promise<void> => {
  // Fonts are there, and nothing moves any more.
  await page.waitForTimeout(400)
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

const talk = async ([alice, bob, carol, dave]: readonly Member[]): Promise<void> => {
  if (alice === undefined || bob === undefined || carol === undefined || dave === undefined) return
  await alice.call('set_topic', { network: 'harbour', topic: 'Storm watch, berth 4 to 9' })
  await say(carol, 'Morning. The shore link is down again, so this stays on our own machines.')
  await say(carol, 'Berths 4 and 5 are doubled up, 6 is free.')
  await say(
    dave,
    'Copy. Wind since midnight:\n\n```\n02:00  SW 6\n04:00  SW 7, gusts 8\n06:00  W  7\n```',
  )
  await say(bob, 'I move **Petrel** to 6 before noon, then. Anything against it?')
  await say(alice, 'No. Take the long lines, they are in the blue shed.')
  await say(dave, '@alice can you check the bilge alarm on *Petrel* while she is alongside?')
  await say(alice, 'Will do, after the tide: https://tides.example/harbour')
  await say(bob, '👍')
}

test('light, dark, a phone, a split and its merge', async () => {
  const group = await scene().group('harbour', ['alice', 'bob', 'carol', 'dave'])
  const [alice, bob, carol, dave] = group as [Member, Member, Member, Member]
  for (const name of ['engine-room', 'galley']) {
    await alice.call('create', { name })
    await bob.call('join', { target: `${alice.ready.listen}/${name}`, timeoutMs: 15_000 }, 20_000)
  }
  await talk(group)
  const light = await openChat(browser, alice, { ...wide, colorScheme: 'light' })
  const { page } = light
  await page.getByText('long lines').waitFor()
  await say(bob, 'alice, pump 2 sounds wrong', 'engine-room')
  await say(bob, 'lunch is at one', 'galley')
  await page.getByText('@1', { exact: true }).waitFor()
  await page.getByRole('textbox', { name: 'Message harbour' }).fill('On my way')
  await draw(page, 'web-light')

  const dark = await openChat(browser, alice, { ...wide, colorScheme: 'dark' })
  await dark.page.getByText('long lines').waitFor()
  await dark.page.keyboard.press('Control+ArrowUp')
  await dark.page.keyboard.press('Control+ArrowUp')
  await dark.page.keyboard.press('Enter')
  await dark.page.getByText('Route').waitFor()
  await draw(dark.page, 'web-dark')

  const small = await openChat(browser, alice, { ...phone, colorScheme: 'light' })
  await small.page.getByText('long lines').waitFor()
  await draw(small.page, 'web-phone')
  await small.page.getByRole('button', { name: 'Networks', exact: true }).click()
  await draw(small.page, 'web-phone-networks')

  await page.getByRole('textbox', { name: 'Message harbour' }).fill('')
  await Promise.all([carol.kill(), dave.kill()])
  await page
    .getByText(/You are cut off with 2 of 4/)
    .first()
    .waitFor({ timeout: 20_000 })
  await say(alice, 'Carol and Dave are gone: the mast on the pier, I think.')
  await say(bob, 'We go on. Petrel is at 6.')
  await page.getByText('Petrel is at 6').first().waitFor()
  await draw(page, 'web-split')

  const complaints = [light, dark, small].flatMap((one) => one.complaints)
  await Promise.all([light, dark, small].map((one) => one.page.context().close()))
  await Promise.all([alice.kill(), bob.kill()])
  await Promise.all([carol.restart(), dave.restart()])
  await allAgree([carol, dave], 'harbour')
  await say(carol, 'The pier has no power. We are on batteries.')
  await say(dave, 'Gusts of 9 now. Nobody leaves.')
  const other = await openChat(browser, carol, { ...wide, colorScheme: 'light' })
  await other.page.getByText('Nobody leaves').first().waitFor()
  await Promise.all([alice.restart(), bob.restart()])
  await allAgree(group, 'harbour')
  await other.page
    .getByText(/history re-joined/)
    .first()
    .waitFor({ timeout: 20_000 })
  await say(alice, 'There you are. All well?')
  await say(carol, 'All well. Read up, we have everything.')
  await other.page.getByText('There you are').first().waitFor()
  await draw(other.page, 'web-merge')
  expect([...complaints, ...other.complaints]).toEqual([])
}, 180_000)
