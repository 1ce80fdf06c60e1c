/** A real browser for tests: no window, nothing from the network, and a record of all complaints. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

import type { Member } from './scene.ts'

export const CHROMIUM = '/usr/bin/chromium'

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

export const startBrowser = async (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ARGS })

export interface OpenPage {
  readonly page: Page
  /** Errors on the console, uncaught ones, and what the content security policy stopped. */
  readonly complaints: readonly string[]
}

/** A page of its own, with cookies of its own. */
export const blankPage = async (
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<OpenPage> => {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  return { page, complaints }
}

/** The chat of a member, opened as a person would: with a link that works once. */
export const openChat = async (
  browser: Browser,
  member: Member,
  options: BrowserContextOptions = {},
): Promise<OpenPage> => {
  const opened = await blankPage(browser, options)
  const { link } = await member.json<{ link: string }>('web')
  await opened.page.goto(link)
  await opened.page.locator('.composer').waitFor()
  return opened
}
