import { expect, test } from 'vitest'

import type { NodeId } from '../core/ids.ts'
import { fingerprintOf } from './fingerprint.ts'
import { Identity } from './identity.ts'

test('six groups of five digits, always the same for a key', () => {
  const id = 'a'.repeat(43) as NodeId
  expect(fingerprintOf(id)).toMatch(/^(\d{5} ){5}\d{5}$/)
  expect(fingerprintOf(id)).toBe('50481 71039 73220 39049 63652 82570')
})

test('a thousand keys have a thousand fingerprints, and no group stands still', () => {
  const all = Array.from({ length: 1_000 }, () => fingerprintOf(Identity.generate().id))
  expect(new Set(all).size).toBe(1_000)
  for (let group = 0; group < 6; group += 1) {
    const seen = new Set(all.map((one) => one.split(' ')[group]))
    expect(seen.size).toBeGreaterThan(950)
  }
})
