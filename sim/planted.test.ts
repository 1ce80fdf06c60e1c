import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'

import type { Recorded } from './hunt.ts'
import { tryBug } from './plant.ts'
import { plantedNames, type PlantedBug } from './planted.ts'

// Two runs of four simulated minutes for each, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const recorded = JSON.parse(
  readFileSync(new URL('planted.json', import.meta.url), 'utf8'),
) as Readonly<Partial<Record<PlantedBug, Recorded>>>

const hint =
  'Seeds go stale when the core or the simulator changes. ' +
  'New ones: npm run sim -- --plant all --runs 2000 --record'

test('seeds are on record for each planted bug', () => {
  expect(Object.keys(recorded).toSorted(), hint).toEqual(plantedNames.toSorted())
})

test.for(plantedNames)('%s is noticed, and nothing without it', (name) => {
  const seeds = recorded[name]?.seeds ?? []
  const first = seeds.find(({ seed }) => tryBug(name, seed) !== null)
  expect(first, `none of ${seeds.map(({ seed }) => seed).join(' ')}. ${hint}`).toBeDefined()
})
