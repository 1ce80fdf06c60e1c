// Every screen of the page in a real browser: nobody is kept out of it, and what others write into
// it stays text.
import { beforeEach, expect, test } from 'vitest'

import { seriousIssues } from './harness/axe.ts'
import { NODE_AWAY, useBrowsers, type Window } from './harness/windows.ts'
import { useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()
const browsers = useBrowsers()

beforeEach(({ skip }) => browsers.skipWithout(skip))

const press = async ({ page }: Window, keys: string): Promise<void> => page.keyboard.press(keys)

const dialog = async ({ page }: Window): Promise<void> =>
  page.getByRole('dialog').filter({ visible: true }).first().waitFor()

const command = (text: string) => async (window: Window) => {
  await window.say('lobby', text)
  await dialog(window)
}

/** How to get to each screen from the conversation; Escape leads back. */
const screens: Readonly<Record<string, (window: Window) => Promise<void>>> = {
  conversation: async () => {},
  help: async (window) => {
    await press(window, 'F1')
    await dialog(window)
  },
  'how everything is': command('/status'),
  invite: command('/invite'),
  'details of a message': command('/trace #1'),
  'a member': async (window) => {
    await window.page.locator('.members .member').first().click()
    await dialog(window)
  },
  settings: async (window) => {
    await window.click('Settings')
    await dialog(window)
  },
  'this network': async (window) => {
    await window.click(/^This network/)
    await dialog(window)
  },
  'create or join': async (window) => {
    await window.click('Create or join a network')
    await dialog(window)
  },
  'go to': async (window) => {
    await press(window, 'Control+k')
    await dialog(window)
  },
  'search with results': async (window) => {
    await window.click(/^Search/)
    await window.enter('Words that a message contains', 'markdown')
    await window.sees('1 found')
  },
  'what could be written': async (window) => {
    await window.page.getByLabel('Message lobby').fill('/')
    await window.page.getByRole('listbox', { name: 'Completions' }).waitFor()
  },
}

const closeAll = async (window: Window): Promise<void> => {
  await press(window, 'Escape')
  await window.page.getByRole('dialog').filter({ visible: true }).waitFor({ state: 'detached' })
  await window.page.getByLabel('Message lobby').fill('')
}

const MARKDOWN = '**bold** `code` [a link](https://example.org) with markdown\n> quote\n\n- list'

const talking = async (): Promise<readonly [Member, Member]> => {
  const [alice, bob] = (await scene().group('lobby', ['alice', 'bob'])) as [Member, Member]
  await bob.call('send', { network: 'lobby', text: MARKDOWN, wait: 'all' })
  await alice.call('send', { network: 'lobby', text: 'seen, @bob 👍', wait: 'all' })
  return [alice, bob]
}

test('axe finds nothing serious on any screen, light and dark, wide and narrow', async () => {
  const [alice, bob] = await talking()
  const issues: string[] = []
  const look = async (name: string, window: Window): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await window.page.emulateMedia({ colorScheme })
      // What else there is to find does not depend on colours.
      const rules = colorScheme === 'dark' ? ['color-contrast'] : undefined
      const found = await seriousIssues(window, rules)
      issues.push(...found.map((issue) => `${name}, ${colorScheme}: ${issue}`))
    }
  }
  const locked = await browsers.blank({ expected: /401/ })
  await locked.page.goto(alice.ready.web.replace(/#.*/, ''))
  await locked.sees('Not signed in')
  await look('locked', locked)
  const window = await browsers.open(alice, { expected: NODE_AWAY })
  await window.sees('with markdown')
  for (const [name, open] of Object.entries(screens)) {
    await open(window)
    await look(name, window)
    await closeAll(window)
  }
  await bob.kill()
  await window.sees(/You are cut off/)
  await look('split', window)
  await window.page.setViewportSize({ width: 320, height: 640 })
  await look('narrow', window)
  await window.click('Networks')
  await look('narrow, networks', window)
  expect(issues).toEqual([])
})

/** What would show that something came to life: it would say so on the console, or change this. */
const HOSTILE: readonly string[] = [
  '<script>document.title = "pwned"</script>',
  '<img src=x onerror="document.title=\'pwned\'">',
  '<svg onload=alert(1)><a xlink:href="javascript:alert(1)">x</a></svg>',
  '<iframe src="https://evil.example/"></iframe>',
  '[click](javascript:document.title="pwned") [data](data:text/html,<script>alert(1)</script>)',
  '![pixel](https://evil.example/pixel.png) <https://evil.example/auto>',
  '[ref]: javascript:alert(1)\n\n[ref]',
  '\u202Egnp.exe\u202C \u2066hidden\u2069 \u200B\u200B',
  '\u001B[31mred\u001B[0m \u001B]0;title\u0007 \u0000\u0008',
  '`'.repeat(5_000),
  '[['.repeat(2_000),
  '> '.repeat(500),
  '*a '.repeat(5_000),
  'w'.repeat(65_536),
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L'.repeat(50),
  '😀'.repeat(3_000),
  '{{constructor.constructor("alert(1)")()}} ${alert(1)}',
]

/** What steers a terminal, or turns text around. */
const CONTROLS = String.raw`/[\u0000-\u0008\u001b\u202a-\u202e\u2066-\u2069]/`

test('scripts, markup, bidi, escapes and endless words stay text', async () => {
  const [alice, bob] = (await scene().group('lobby', ['alice', 'bob'])) as [Member, Member]
  await bob
    .call('set_topic', { network: 'lobby', topic: '<b onclick=alert(1)>\u202Etopic' })
    .catch(() =>
      alice.call('set_topic', { network: 'lobby', topic: '<b onclick=alert(1)>\u202Etopic' }),
    )
  const window = await browsers.open(alice)
  await window.page.getByRole('heading', { level: 1, name: 'lobby' }).waitFor()
  for (const text of HOSTILE) await bob.call('send', { network: 'lobby', text, wait: 'all' })
  await bob.call('send', { network: 'lobby', text: 'after all of it', wait: 'all' })
  await window.sees('after all of it')
  const seen = new Set<string>()
  // Up through all of it: only what is in sight is on the page.
  await until(
    'everything was shown',
    async () => {
      for (const id of await window.page
        .locator('article')
        .evaluateAll((all) => all.map((one) => (one as unknown as { id: string }).id)))
        seen.add(id)
      await window.page.locator('.messages').hover()
      await window.page.mouse.wheel(0, -400)
      return seen.size > HOSTILE.length
    },
    30_000,
  )
  const alive: unknown = await window.page.evaluate(`({
    title: document.title,
    elements: document.querySelectorAll('article script, article img, article iframe, ' +
      'article svg a, article [onerror], article [onclick], article [onload], .header b').length,
    links: [...document.querySelectorAll('article a')].map((one) => one.protocol)
      .filter((protocol) => protocol !== 'https:' && protocol !== 'http:'),
    isWider: document.documentElement.scrollWidth > innerWidth,
    controls: ${CONTROLS}.test(document.body.innerText),
  })`)
  expect(alive).toEqual({
    title: 'lobby · Parley',
    elements: 0,
    links: [],
    isWider: false,
    controls: false,
  })
  await window.say('lobby', 'still here')
  await until('bob has it', async () => (await bob.history('lobby')).at(-1)?.text === 'still here')
})
