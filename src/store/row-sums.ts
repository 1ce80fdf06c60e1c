/**
 * Sums over rows that nothing else vouches for. What follows from the history can be checked
 * against it; a name, a read mark or a message that waits to be sent cannot, and a bit that a disk
 * turned over would go out under this node's signature.
 */
import { createHash } from 'node:crypto'

/** 96 bits. */
const DIGITS = 16

/** The sum of a row: of its table's name and all that it says. */
export const sumOf = (table: string, ...fields: readonly (string | number)[]): string =>
  createHash('sha256')
    .update(JSON.stringify([table, ...fields]))
    .digest('base64url')
    .slice(0, DIGITS)
