/**
 * Compares the search index with the messages. An index cannot be read back as text, so each of its
 * entries (word, message, place) goes into one sum, and the same is done with an index made anew, a
 * few thousand messages at a time.
 */
import { searchIndex } from './migrations/0001-histories.ts'
import { Database } from './sqlite-database.ts'
import { lowerOf, upperOf } from './sqlite-keys.ts'

interface WordRow {
  readonly term: string
  readonly upper: number
  readonly lower: number
  readonly offset: number
}

interface SizeRow {
  readonly upper: number
  readonly lower: number
  readonly size: string
}

/** Messages whose words are in memory at one time. */
const BATCH = 4_096
/** A sum of so many 32-bit numbers stays exact if it is cut here. */
const MODULUS = 2 ** 52

const words = `SELECT term, ${upperOf('doc')} AS upper, ${lowerOf('doc')} AS lower, offset
  FROM temp.vocabulary`
const sizes = `SELECT ${upperOf('id')} AS upper, ${lowerOf('id')} AS lower, hex(sz) AS size
  FROM words_docsize`

const found = 'SELECT term, doc FROM temp.found'
const search = 'SELECT count(*) AS count FROM words WHERE words MATCH ?'

/** FNV-1a with a final mix (Fowler, Noll, Vo; the mix is MurmurHash3's). */
const mixed = (text: string, ...numbers: readonly number[]): number => {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  }
  for (const number of numbers) {
    sum = Math.imul(sum ^ (number | 0), 0x01000193)
    sum = Math.imul(sum ^ Math.floor(number / 2 ** 32), 0x01000193)
    sum ^= sum >>> 13
  }
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b)
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35)
  return (sum ^ (sum >>> 16)) >>> 0
}

/** The sum over an index; of `wanted` groups' messages only. */
const sumOfIndex = (database: Database, wanted: (group: number) => boolean): number => {
  let sum = 0
  for (const { term, upper, lower, offset } of database.each<WordRow>(words)) {
    if (wanted(upper)) sum = (sum + mixed(term, upper, lower, offset)) % MODULUS
  }
  for (const { upper, lower, size } of database.each<SizeRow>(sizes)) {
    if (wanted(upper)) sum = (sum + mixed(size, upper, lower)) % MODULUS
  }
  return sum
}

/** Does a search for each word find as many messages as a walk through the whole index? */
const isEachFound = (database: Database): boolean => {
  database.exec(`CREATE VIRTUAL TABLE temp.found USING fts5vocab('main', 'words', 'row')`)
  try {
    for (const { term, doc } of database.each<{ term: string; doc: number }>(found)) {
      if (database.get<{ count: number }>(search, `"${term}"`)?.count !== doc) return false
    }
    return true
  } finally {
    database.exec('DROP TABLE temp.found')
  }
}

const openVocabulary = (database: Database): void => {
  database.exec(`CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'words', 'instance')`)
}

export class WordSums {
  readonly #fresh = new Database(':memory:')
  readonly #groups = new Set<number>()
  #waiting = 0
  #sum = 0

  constructor() {
    this.#fresh.exec(searchIndex)
    openVocabulary(this.#fresh)
  }

  /** The words of this group's messages will all be told. */
  cover(group: number): void {
    this.#groups.add(group)
  }

  /** A message's text as it goes into the index. */
  add(group: number, position: number, text: string): void {
    this.#fresh.run(
      `INSERT INTO words (rowid, text) VALUES ((?1 << 40) | ?2, ?3)`,
      group,
      position,
      text,
    )
    this.#waiting += 1
    if (this.#waiting >= BATCH) this.#flush()
  }

  /** Does the index have these words, for the covered groups, and no others? */
  isTrueOf(database: Database): boolean {
    this.#flush()
    openVocabulary(database)
    try {
      const sum = sumOfIndex(database, (group) => this.#groups.has(group))
      return sum === this.#sum && isEachFound(database)
    } finally {
      database.exec('DROP TABLE temp.vocabulary')
    }
  }

  close(): void {
    this.#fresh.close()
  }

  #flush(): void {
    this.#sum = (this.#sum + sumOfIndex(this.#fresh, () => true)) % MODULUS
    this.#fresh.exec(`INSERT INTO words (words) VALUES ('delete-all')`)
    this.#waiting = 0
  }
}
