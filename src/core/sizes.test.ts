import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { packetFields } from '../rpc/peer-packets.suite.ts'
import { entryToArray } from './entry-codec.ts'
import { entryBytes, jsonBytes, utf8Bytes } from './sizes.ts'
import { limits } from './limits.ts'
import { alice, begun, Story } from './story.suite.ts'

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('\u0000', '\n', '"', '\\', '\u007f', 'é', '€', '🎉') }),
)

describe('sizes computed without encoding', () => {
  it('are those of UTF-8', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(utf8Bytes(text)).toBe(Buffer.byteLength(text))
      }),
    )
  })

  it('of text in JSON are never less than it takes, and exact for plain text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const real = Buffer.byteLength(JSON.stringify(text)) - 2
        expect(jsonBytes(text)).toBeGreaterThanOrEqual(real)
        expect(jsonBytes(text)).toBeLessThanOrEqual(6 * Math.max(1, Buffer.byteLength(text)))
      }),
    )
    expect(jsonBytes('plain "quoted"')).toBe(16)
  })

  it('of an entry are never less than it takes on the wire', () => {
    fc.assert(
      fc.property(packetFields.append, ({ entries }) => {
        for (const { entry, hash } of entries) {
          const text = JSON.stringify([entryToArray(entry), hash, 'S'.repeat(86)])
          expect(entryBytes(entry)).toBeGreaterThanOrEqual(Buffer.byteLength(text))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('of an entry count everything that an odd author can blow up', () => {
    const story = new Story()
    const prev = begun(story)
    const odd = '\u0001'
    const content = { kind: odd.repeat(32), text: '', ref: odd.repeat(128) }
    const items = Array.from({ length: limits.itemsPerBatch }, () => content)
    const batch = story.batch(alice, prev, items)
    const addresses = Array.from({ length: limits.addresses }, () => odd.repeat(262))
    const card = { ...story.card(alice, addresses), name: odd.repeat(64) }
    const entries = [
      story.add(prev, 'message', batch),
      story.add(prev, 'activate', { members: [{ card, proof: null }] }),
    ]
    for (const { entry, hash } of entries) {
      const text = JSON.stringify([entryToArray(entry), hash, 'S'.repeat(86)])
      expect(entryBytes(entry), entry.kind).toBeGreaterThanOrEqual(text.length)
    }
  })
})
