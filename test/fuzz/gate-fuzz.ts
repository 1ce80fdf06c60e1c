/** Throws packets of all kinds, whole and broken, at the gate of a link. */
import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

import * as fc from 'fast-check'

import type { Envelope } from '../../src/core/packet.ts'
import { createPrng } from '../../src/core/prng.ts'
import type { RpcCall } from '../../src/rpc/codec.ts'
import { ParleyError } from '../../src/rpc/errors.ts'
import { FrameInbox } from '../../src/rpc/frame-inbox.ts'
import { decodeFrame } from '../../src/rpc/codec.ts'
import {
  encodePacket,
  isPacketKind,
  packetFromParams,
  packetKinds,
} from '../../src/rpc/peer-codec.ts'
import { envelopeOf } from '../../src/rpc/peer-packets.suite.ts'
import { mutate } from './mutate.ts'

export interface FuzzReport {
  /** Frames that were thrown. */
  readonly frames: number
  /** Packets that passed the gate; each says the same when it is sent on. */
  readonly passed: number
  /** Packets that it refused with a coded error. */
  readonly refused: number
  /** Links that were closed because too much on them was not even JSON-RPC. */
  readonly closed: number
  /** By how much what is kept in memory had grown at most, in MiB. */
  readonly grownMib: number
}

const SAMPLES = 40
const TURN_EVERY = 100
const LOOK_EVERY = 50_000

/** Bytes that are still in use: what waits to be collected says nothing. */
const keptBytes = (): number => {
  // Run with --expose-gc.
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const corpusOf = (seed: number): readonly string[] =>
  packetKinds.flatMap((kind) =>
    fc.sample(envelopeOf(kind), { numRuns: SAMPLES, seed }).map(encodePacket),
  )

const again = (envelope: Envelope): unknown => {
  const [message] = decodeFrame(encodePacket(envelope)).messages
  return message?.kind === 'notification' && isPacketKind(message.method)
    ? packetFromParams(message.method, message.params)
    : null
}

/** The same seed throws the same frames. Throws at the first thing that must not be. */
export const fuzzGate = async (frames: number, seed: number): Promise<FuzzReport> => {
  const corpus = corpusOf(seed)
  const prng = createPrng(seed)
  const before = keptBytes()
  let [passed, refused, closed, grown] = [0, 0, 0, 0]
  let isClosed = false
  const handler = ({ method, params }: RpcCall): unknown => {
    if (!isPacketKind(method)) throw new ParleyError('METHOD_NOT_FOUND')
    const envelope = packetFromParams(method, params)
    if (envelope instanceof ParleyError) {
      refused += 1
      return null
    }
    if (!isDeepStrictEqual(again(envelope), envelope))
      throw new Error(`passed, and means something else: ${encodePacket(envelope)}`)
    passed += 1
    return null
  }
  const newLink = (): FrameInbox => {
    const inbox = new FrameInbox({
      maxRunning: 64,
      onFault: (what, thrown) => {
        if (!(thrown instanceof ParleyError)) throw new Error(`fault in ${what}`, { cause: thrown })
      },
      onAnswer: () => {},
      reply: () => {},
      onAbuse: () => {
        isClosed = true
      },
    })
    inbox.handler = handler
    return inbox
  }
  let link = newLink()
  for (let frame = 0; frame < frames; frame += 1) {
    const text = corpus[Math.floor(prng.next() * corpus.length)] ?? ''
    link.onMessage(mutate(prng, text))
    if (isClosed) {
      closed += 1
      isClosed = false
      link = newLink()
    }
    // Answers to what was no packet wait for their turn.
    if (frame % TURN_EVERY === 0) await turn()
    if (frame % LOOK_EVERY === 0) grown = Math.max(grown, keptBytes() - before)
  }
  await turn()
  grown = Math.max(grown, keptBytes() - before)
  if (Object.hasOwn(Object.prototype, 'polluted')) throw new Error('a prototype was changed')
  return { frames, passed, refused, closed, grownMib: Math.round(grown / 2 ** 20) }
}
