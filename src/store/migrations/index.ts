import { histories } from './0001-histories.ts'
import { rowSums } from './0002-row-sums.ts'
import { amendments } from './0003-amendments.ts'

/** What leads from each version of the database to the next; the first makes it. Append only. */
export const migrations: readonly string[] = [histories, rowSums, amendments]
