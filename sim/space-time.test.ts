// A run as a page.
import { expect, test } from 'vitest'

import { SpaceTime } from './space-time.ts'
import { runSeed } from './swarm.ts'

interface Data {
  readonly nodes: readonly string[]
  readonly end: number
  readonly packets: readonly (readonly [number, number, number, number, string])[]
  readonly spans: readonly (readonly [number, number, number, string, string | null])[]
  readonly notes: readonly (readonly [number, number, string])[]
}

test('nodes, packets, terms and what was done to them are on it, and the run is the same', () => {
  const options = { seed: 3, lengthMs: 240_000 }
  const diagram = new SpaceTime()
  const trace = (line: string): void => diagram.trace(line)
  const watched = runSeed({ ...options, watchers: [diagram], trace })
  expect(watched.traceHash).toBe(runSeed(options).traceHash)
  const page = diagram.page(3)
  expect(page).not.toMatch(/(src|href)=/)
  const [, json = ''] = /type="application\/json">(.*?)<\/script>/s.exec(page) ?? []
  const data = JSON.parse(json) as Data
  expect(data.nodes.length).toBeGreaterThan(1)
  expect(data.packets.length).toBeGreaterThan(100)
  for (const [sent, came, from, to] of data.packets) {
    expect(came).toBeGreaterThanOrEqual(sent)
    expect(from).not.toBe(to)
  }
  expect(data.spans.some(([, , , role, term]) => role === 'leader' && term !== null)).toBe(true)
  expect(data.notes.some(([, , what]) => what.startsWith('starts'))).toBe(true)
})
