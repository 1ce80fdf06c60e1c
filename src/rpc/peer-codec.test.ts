/** The gate for packets: what goes in comes out, and nothing else gets in. */
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'

import type { AuthorBatch } from '../core/entry.ts'
import { limits } from '../core/limits.ts'
import type { Envelope, Packet } from '../core/packet.ts'
import { decodeFrame } from './codec.ts'
import { ParleyError } from './errors.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import { parseParams } from './method.ts'
import {
  encodePacket,
  fitPacket,
  isPacketKind,
  packetFromParams,
  packetKinds,
  packetToParams,
} from './peer-codec.ts'
import { hello, peerMethod, readHello } from './peer-methods.ts'
import { envelopeOf, packetFields } from './peer-packets.suite.ts'

const decode = (text: string): Envelope | ParleyError => {
  const [message] = decodeFrame(text).messages
  if (message?.kind !== 'notification' || !isPacketKind(message.method))
    return new ParleyError('INVALID_REQUEST')
  return packetFromParams(message.method, message.params)
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('there is a generator for every kind of packet', () => {
  expect(Object.keys(packetFields).toSorted()).toEqual([...packetKinds])
})

describe.each(packetKinds)('%s', (kind) => {
  test('what is encoded is decoded to the same', () => {
    fc.assert(
      fc.property(envelopeOf(kind), (envelope) => {
        expect(decode(encodePacket(envelope))).toEqual(envelope)
      }),
      { numRuns: 40 },
    )
  })

  test('what passes the gate fits the description in rpc.discover', () => {
    const method = peerMethod(kind)
    fc.assert(
      fc.property(envelopeOf(kind), (envelope) => {
        const params = plain(packetToParams(envelope)) as Record<string, unknown>
        expect(parseParams(method, params)).toEqual(params)
      }),
      { numRuns: 20 },
    )
  })

  test('a missing field, an unknown one, or one of the wrong type is refused', () => {
    const [envelope] = fc.sample(envelopeOf(kind), { numRuns: 1, seed: 7 })
    if (envelope === undefined) throw new Error('no sample')
    const params = plain(packetToParams(envelope)) as Record<string, unknown>
    expect(packetFromParams(kind, params)).toEqual(envelope)
    for (const name of Object.keys(params)) {
      const { [name]: _, ...others } = params
      expect(packetFromParams(kind, others), `without ${name}`).toBeInstanceOf(ParleyError)
      const wrong = packetFromParams(kind, { ...params, [name]: { odd: 1 } })
      expect(wrong, `odd ${name}`).toMatchObject({ code: 'INVALID_PARAMS' })
    }
    expect(packetFromParams(kind, { ...params, more: 1 })).toBeInstanceOf(ParleyError)
    expect(packetFromParams(kind, [])).toBeInstanceOf(ParleyError)
    expect(packetFromParams(kind, null)).toBeInstanceOf(ParleyError)
  })
})

/** A small generator of its own: drawing a hundred thousand frames with fast-check takes too long. */
const dice = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('a hundred thousand damaged frames are packets or coded errors', () => {
  const frames = packetKinds.flatMap((kind) => {
    const texts = fc.sample(envelopeOf(kind), { numRuns: 20, seed: 1 }).map(encodePacket)
    return texts.toSorted((a, b) => a.length - b.length).slice(0, 10)
  })
  const odd = ['null', '-1', '1e999', '"x"', '[]', '{}', '[[]]', '"\\ud800"', '0.5', 'true', '']
  const roll = dice(42)
  let passed = 0
  const { stackTraceLimit } = Error
  onTestFinished(() => {
    Error.stackTraceLimit = stackTraceLimit
  })
  // Where errors were made is most of what they cost.
  Error.stackTraceLimit = 0
  for (let run = 0; run < 100_000; run += 1) {
    const frame = frames[roll(frames.length)] ?? ''
    const at = roll(frame.length)
    const length = roll(roll(4) === 0 ? 200 : 3)
    const piece = roll(2) === 0 ? (odd[roll(odd.length)] ?? '') : frame.slice(at, at + roll(40))
    const damaged = frame.slice(0, at) + piece + frame.slice(at + length)
    const outcome = decode(damaged)
    if (!(outcome instanceof ParleyError)) passed += 1
  }
  // Damage inside a text or a number leaves a packet.
  expect(passed).toBeLessThan(60_000)
}, 30_000)

const batchWith = (text: string, items = 1): AuthorBatch => {
  const session = 'a'.repeat(32)
  const id = `00000000-0000-7000-8000-${'a'.repeat(12)}`
  const item = { id, sentAt: 0, content: { kind: 'text', text, ref: '' } }
  const key = 'A'.repeat(43)
  const list = Array.from({ length: items }, () => item)
  const batch = { author: key, session, aseq: 1, after: key, items: list, sig: 'A'.repeat(86) }
  return batch as unknown as AuthorBatch
}

const envelopeWith = (packet: Packet): Envelope => {
  const key = 'A'.repeat(43)
  return { group: key, from: key, instance: 'a'.repeat(32), packet } as unknown as Envelope
}

const sendOf = (text: string): Envelope =>
  envelopeWith({
    kind: 'send_message',
    batches: [{ kind: 'message', batch: batchWith(text) }],
  })

test('a text of 64 KiB in UTF-8 passes, one byte more does not', () => {
  const passes = 'é'.repeat(limits.bodyBytes / 2)
  expect(decode(encodePacket(sendOf(passes)))).toEqual(sendOf(passes))
  expect(decode(encodePacket(sendOf('x'.repeat(limits.bodyBytes))))).toMatchObject({
    packet: { kind: 'send_message' },
  })
  for (const text of [`${passes}x`, 'x'.repeat(limits.bodyBytes + 1), '€'.repeat(30_000)])
    expect(decode(encodePacket(sendOf(text)))).toMatchObject({ code: 'INVALID_PARAMS' })
})

test('batches that are too many for one frame are split in order', () => {
  const batches = Array.from({ length: 12 }, (_, at) => {
    const batch = { ...batchWith(String(at % 10).repeat(60_000), 5), aseq: at * 5 + 1 }
    return { kind: 'message' as const, batch }
  })
  const packets = fitPacket({ kind: 'send_message', batches })
  const frames = packets.map((packet) => encodePacket(envelopeWith(packet)))
  expect(frames.every((frame) => Buffer.byteLength(frame) <= MAX_FRAME_BYTES)).toBe(true)
  const together = packets.flatMap((one) => (one.kind === 'send_message' ? one.batches : []))
  expect(together).toEqual(batches)
  expect(fitPacket({ kind: 'leave_network' })).toEqual([{ kind: 'leave_network' }])
})

test('a greeting is read whatever a newer version adds, and not if it lacks something', () => {
  const own = {
    id: 'A'.repeat(43),
    name: 'alice',
    instance: 'a'.repeat(32),
    version: 1,
    addresses: ['127.0.0.1:7411'],
  }
  expect(readHello({ ...own, colour: 'blue' })).toEqual(own)
  expect(readHello({ ...own, id: 'alice' })).toBeNull()
  expect(readHello(undefined)).toBeNull()
  expect(hello.name).toBe('hello')
})

test('a trace context passes the gate whole, and anything else in its place is refused', () => {
  const [envelope] = fc.sample(envelopeOf('append'), { numRuns: 1, seed: 7 })
  if (envelope === undefined) throw new Error('no sample')
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const traced = { ...envelope, traceparent }
  expect(decode(encodePacket(traced))).toEqual(traced)
  for (const wrong of [
    '',
    7,
    null,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `${traceparent}-x`,
  ]) {
    const params = { ...(plain(packetToParams(envelope)) as object), traceparent: wrong }
    expect(packetFromParams('append', params)).toBeInstanceOf(ParleyError)
  }
})
