/**
 * Real browsers in front of real nodes. Whatever a page complains of (an error on its console, an
 * exception, a report of its security policy, a request to anywhere else) fails the test.
 */
import { existsSync } from 'node:fs'

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'

import { CHROMIUM, startBrowser } from './browser.ts'
import { report } from './checks.ts'
import type { Member } from './scene.ts'

const WAIT_MS = 20_000

export interface PageLook extends Pick<BrowserContextOptions, 'colorScheme' | 'viewport'> {
  /** What the test itself brings about, such as a node that does not answer. */
  readonly expected?: RegExp
}

/** A browser's own words for a node that is not there. */
export const NODE_AWAY = /ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|WebSocket connection to/

/** In the page: what its security policy has stopped goes to the console. */
const TELL_OF_POLICY = `document.addEventListener('securitypolicyviolation', (event) => {
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample)
})`

/** One page of one person. */
export class Window {
  readonly page: Page
  readonly complaints: string[] = []

  constructor(page: Page, { expected }: PageLook) {
    this.page = page
    const complain = (text: string): void => {
      if (expected?.test(text) !== true) this.complaints.push(text)
    }
    page.setDefaultTimeout(WAIT_MS)
    page.on('console', (line) => {
      if (line.type() === 'error') complain(`${line.text()} (${line.location().url})`)
    })
    page.on('pageerror', (error) => complain(String(error)))
    page.on('request', (request) => {
      const url = request.url()
      const isOwn = url.startsWith('data:') || /^127\.0\.0\.\d$/.test(new URL(url).hostname)
      if (!isOwn) complain(`asked for ${url}`)
    })
  }

  /** Waits until the page shows this somewhere. */
  async sees(text: string | RegExp, withinMs = WAIT_MS): Promise<void> {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor({ timeout: withinMs })
  }

  /** Waits until nothing is wrong any more: the line above the conversation is gone. */
  async allIsWell(): Promise<void> {
    await this.page.locator('.banner').waitFor({ state: 'detached' })
  }

  async click(name: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name }).filter({ visible: true }).first().click()
  }

  /** Puts a text into the field of that name, and Enter. */
  async enter(label: string | RegExp, text: string): Promise<void> {
    const field = this.page.getByLabel(label).filter({ visible: true }).first()
    await field.fill(text)
    await field.press('Enter')
  }

  async say(network: string, text: string): Promise<void> {
    await this.enter(`Message ${network}`, text)
  }

  /** Texts of the messages on the page, in their order. */
  texts(): Promise<readonly string[]> {
    return this.page.locator('.messages article .message-text').allInnerTexts()
  }
}

/** Why there can be no browser here; null if there can. In CI that is a failure. */
const whyNoBrowser = (): string | null => {
  if (existsSync(CHROMIUM)) return null
  const why = 'chromium is not installed'
  if (process.env['CI'] === 'true') throw new Error(why)
  report(`skipped: ${why}`)
  return why
}

export interface Browsers {
  /** A browser of its own that has followed the link of a node. */
  open(member: Member, look?: PageLook): Promise<Window>
  /** The same without a link. */
  blank(look?: PageLook): Promise<Window>
}

/**
 * One browser program for a file, and for every test windows of their own. `skip` is to be called
 * by each test.
 */
export const useBrowsers = (): Browsers & {
  skipWithout: (skip: (why: string) => void) => void
} => {
  let browser: Browser | null = null
  let why: string | null = null
  let windows: Window[] = []
  beforeAll(async () => {
    why = whyNoBrowser()
    if (why !== null) return
    browser = await startBrowser()
  })
  afterEach(async () => {
    const all = windows
    windows = []
    await Promise.all(all.map(({ page }) => page.context().close()))
    expect(all.flatMap(({ complaints }) => complaints)).toEqual([])
  })
  afterAll(async () => browser?.close())

  const blank = async (look: PageLook = {}): Promise<Window> => {
    if (browser === null) throw new Error('there is no browser')
    const { colorScheme = 'light', viewport = { width: 1_200, height: 800 } } = look
    const context = await browser.newContext({
      colorScheme,
      viewport,
      reducedMotion: 'reduce',
      // A node's own certificate is for a person to agree to.
      ignoreHTTPSErrors: true,
    })
    await context.addInitScript({ content: TELL_OF_POLICY })
    const window = new Window(await context.newPage(), look)
    windows.push(window)
    return window
  }
  const open = async (member: Member, look: PageLook = {}): Promise<Window> => {
    const window = await blank(look)
    const { link } = await member.call('web_link', {})
    await window.page.goto(link)
    return window
  }
  return {
    blank,
    open,
    skipWithout: (skip) => {
      if (why !== null) skip(why)
    },
  }
}
