import { expect, test, vi } from 'vitest'

import { Painter, type ScreenSource } from './painter.ts'
import { row, type Row } from './screen/row.ts'
import type { Screen } from './screen/screen.ts'

const screenOf = (main: readonly Row[], more: Partial<Screen> = {}): Screen => ({
  side: [],
  sideWidth: 0,
  main,
  mainWidth: 10,
  cursor: { x: 0, y: main.length - 1 },
  topPosition: null,
  ...more,
})

/** A terminal that can be slow, and a screen that changes. */
class Stage implements ScreenSource {
  readonly written: string[] = []
  isFull = false
  #current: Screen
  #listener = (): void => {}
  #drained = (): void => {}

  constructor(first: Screen) {
    this.#current = first
  }

  readonly screen = (): Screen => this.#current

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listener = listener
    return () => (this.#listener = () => {})
  }

  write(text: string): boolean {
    this.written.push(text)
    return !this.isFull
  }

  once(_: 'drain', listener: () => void): void {
    this.#drained = listener
  }

  show(next: Screen): void {
    this.#current = next
    this.#listener()
  }

  drain(): void {
    this.isFull = false
    this.#drained()
  }

  /** The newest frame, without what goes around every frame. */
  get last(): string {
    return (this.written.at(-1) ?? '')
      .replace('\u001b[?2026h\u001b[?25l', '')
      .replace('\u001b[?25h\u001b[?2026l', '')
  }
}

const opened = (first: Screen): { stage: Stage; painter: Painter } => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const stage = new Stage(first)
  const painter = new Painter(stage, stage, (_, text) => text)
  return { stage, painter }
}

const closed = (painter: Painter): void => {
  painter.close()
  vi.useRealTimers()
}

test('only the row that changed is written, and the cursor', () => {
  const { stage, painter } = opened(screenOf([row('one'), row('two')]))
  expect(stage.last).toBe('\u001b[1;1Hone\u001b[K\u001b[2;1Htwo\u001b[K\u001b[2;1H')
  vi.advanceTimersByTime(100)
  stage.show(screenOf([row('one'), row('2')]))
  expect(stage.last).toBe('\u001b[2;1H2\u001b[K\u001b[2;1H')
  closed(painter)
})

test('the same screen again writes nothing; a cursor that moved is a frame of its own', () => {
  const { stage, painter } = opened(screenOf([row('one')]))
  const count = stage.written.length
  vi.advanceTimersByTime(100)
  stage.show(screenOf([row('one')]))
  expect(stage.written).toHaveLength(count)
  stage.show(screenOf([row('one')], { cursor: { x: 2, y: 0 } }))
  expect(stage.last).toBe('\u001b[1;3H')
  closed(painter)
})

test('many changes in a short time are few frames, and the newest is among them', () => {
  const { stage, painter } = opened(screenOf([row('0')]))
  vi.advanceTimersByTime(100)
  const before = stage.written.length
  for (let count = 1; count <= 100; count += 1) {
    stage.show(screenOf([row(String(count))]))
    vi.advanceTimersByTime(1)
  }
  vi.advanceTimersByTime(100)
  expect(stage.written.length - before).toBeLessThanOrEqual(6)
  expect(stage.last).toContain('100')
  closed(painter)
})

test('a key is drawn at once, also right after a frame', () => {
  const { stage, painter } = opened(screenOf([row('0')]))
  stage.show(screenOf([row('k')]))
  expect(stage.last).not.toContain('k')
  painter.drawNow()
  expect(stage.last).toContain('k')
  const count = stage.written.length
  vi.advanceTimersByTime(100)
  expect(stage.written).toHaveLength(count)
  closed(painter)
})

test('a terminal that is slow gets the newest when it is ready, and nothing between', () => {
  const { stage, painter } = opened(screenOf([row('0')]))
  vi.advanceTimersByTime(100)
  stage.isFull = true
  stage.show(screenOf([row('1')]))
  const before = stage.written.length
  for (const text of ['2', '3']) {
    vi.advanceTimersByTime(100)
    stage.show(screenOf([row(text)]))
  }
  expect(stage.written).toHaveLength(before)
  stage.drain()
  vi.advanceTimersByTime(100)
  expect(stage.last).toContain('3')
  closed(painter)
})

test('columns stand beside one another, each at its place; full rows erase nothing', () => {
  const side = [row('a'), row('字')]
  const main = [row('0123456789'), row('too long for it')]
  const { stage, painter } = opened(screenOf(main, { side, sideWidth: 4 }))
  expect(stage.last).toContain('\u001b[1;1Ha   \u001b[5G│0123456789\u001b[2;1H')
  expect(stage.last).toContain('字  \u001b[5G│too long …\u001b[2;1H')
  closed(painter)
})

test('after a change of size everything is written anew, without clearing', () => {
  const { stage, painter } = opened(screenOf([row('one'), row('two')]))
  vi.advanceTimersByTime(100)
  painter.forget()
  expect(stage.last).toContain('one')
  expect(stage.written.join('')).not.toMatch(/\[[23]?J/)
  closed(painter)
})

test('at the end the terminal is as before, once', () => {
  const { stage, painter } = opened(screenOf([row('one')]))
  closed(painter)
  painter.close()
  expect(stage.written.filter((text) => text.includes('?1049l'))).toEqual([
    '\u001b[0m\u001b[?1049l\u001b[?25h',
  ])
})
