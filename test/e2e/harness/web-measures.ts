/** What is measured inside of browsers: frames, and how long a message takes to another one. */
import type { Page } from 'playwright-core'

export interface Frames {
  readonly perSecond: number
  readonly longestMs: number
}

/** Scrolls the conversation up, a little with every frame. */
export const framesWhileScrolling = async (page: Page, count: number): Promise<Frames> => {
  const times: readonly number[] = await page.evaluate(`new Promise((resolve) => {
    const box = document.querySelector('.messages')
    const times = []
    const frame = (now) => {
      times.push(now)
      if (times.length > ${count}) return resolve(times)
      box.scrollTop -= 40
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })`)
  const first = times[0] ?? 0
  const last = times.at(-1) ?? 0
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time))
  return {
    perSecond: ((times.length - 1) * 1_000) / (last - first),
    longestMs: Math.round(Math.max(...gaps)),
  }
}

export interface Pace {
  readonly perSecond: number
  readonly count: number
}

/**
 * Types and sends numbered messages on one page at an even pace; how long each took until it stood
 * on the other, in ms. Both pages are on this machine and go by its clock.
 */
export const measureDelays = async (
  from: Page,
  to: Page,
  { perSecond, count }: Pace,
): Promise<readonly number[]> => {
  const round = `speed ${Math.random().toString(36).slice(2, 8)}`
  const seeing = to.evaluate(`new Promise((resolve) => {
    const seen = {}
    const look = () => {
      for (const one of document.querySelectorAll('.messages .message-text')) {
        const text = one.textContent.trim()
        if (text.startsWith('${round} ') && seen[text] === undefined) seen[text] = Date.now()
      }
      if (Object.keys(seen).length < ${count}) return
      observer.disconnect()
      resolve(seen)
    }
    const observer = new MutationObserver(look)
    observer.observe(document.querySelector('.messages'), { subtree: true, childList: true })
  })`) as Promise<Readonly<Record<string, number>>>
  const sent = (await from.evaluate(`new Promise((resolve) => {
    const box = document.querySelector('.composer textarea')
    const write = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set
    const sent = {}
    let number = 0
    const timer = setInterval(() => {
      const text = '${round} ' + (number += 1)
      write.call(box, text)
      box.dispatchEvent(new Event('input', { bubbles: true }))
      sent[text] = Date.now()
      box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
      if (number < ${count}) return
      clearInterval(timer)
      resolve(sent)
    }, ${1_000 / perSecond})
  })`)) as Readonly<Record<string, number>>
  const seen = await seeing
  return Object.entries(sent).map(([text, at]) => (seen[text] ?? Number.NaN) - at)
}
