/** SQL for the two-part keys that `migrations/0001-histories.ts` describes. */

/** Bits of the lower part. */
const SHIFT = 40

/** The largest lower part, as SQL. */
const LARGEST = '0xFFFFFFFFFF'

/** A key made of two SQL expressions. */
export const keyOf = (upper: string, lower: string): string => `((${upper} << ${SHIFT}) | ${lower})`

/** The last possible key of an upper part. */
export const lastKeyOf = (upper: string): string => keyOf(upper, LARGEST)

export const upperOf = (key: string): string => `(${key} >> ${SHIFT})`

export const lowerOf = (key: string): string => `(${key} & ${LARGEST})`
