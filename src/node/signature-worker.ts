/** A thread that checks signatures, one lot after the other. */
import { parentPort } from 'node:worker_threads'

import type { SignedText } from '../crypto/checked-signatures.ts'
import { verifySignature } from '../crypto/node-crypto.ts'

export interface Lot {
  readonly no: number
  readonly texts: readonly SignedText[]
}

/** Of each text of the lot: is it signed as it says? */
export interface Verdict {
  readonly no: number
  readonly good: readonly boolean[]
}

parentPort?.on('message', ({ no, texts }: Lot) => {
  const good = texts.map(({ key, text, sig }) => verifySignature(key, text, sig))
  const verdict: Verdict = { no, good }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(verdict)
})
