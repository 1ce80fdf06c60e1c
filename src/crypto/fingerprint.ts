import { hash } from 'node:crypto'

import type { NodeId } from '../core/ids.ts'

const GROUPS = 6
const DIGITS = 5
const BYTES_PER_GROUP = 6

/**
 * A key as people compare it by voice: six groups of five digits, the same in every language. Who
 * wants a key with the fingerprint of another has to try some 2^99.
 */
export const fingerprintOf = (id: NodeId): string => {
  const digest = Buffer.from(hash('sha512', `parley-fingerprint-1 ${id}`, 'hex'), 'hex')
  const groups = Array.from({ length: GROUPS }, (_, at) => {
    const number = digest.readUIntBE(at * BYTES_PER_GROUP, BYTES_PER_GROUP) % 10 ** DIGITS
    return String(number).padStart(DIGITS, '0')
  })
  return groups.join(' ')
}
