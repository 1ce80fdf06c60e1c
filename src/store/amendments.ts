/** Amendments that are looked up at once at most: those of a page on which everybody reacts. */
export const MAX_AMENDMENTS = 5_000
