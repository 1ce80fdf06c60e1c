/** Long histories, written straight into a data folder the way a node writes them. */
import { Author } from '../../../bench/author.ts'
import { termOf, type SignedEntry } from '../../../src/core/entry.ts'
import { History } from '../../../src/core/history.ts'
import { Identity } from '../../../src/crypto/identity.ts'
import { SqliteStore } from '../../../src/store/sqlite-store.ts'

export interface HistorySize {
  /** The beginning and the opening of the term are entries too; the last one must be signed. */
  readonly entries: number
  /** Messages in each. */
  readonly each: number
}

const PAGE = 512

/** Writes a group of one member, `identity`, into a folder in which no node runs. */
export const writeHistory = (
  folder: string,
  { entries, each }: HistorySize,
  identity = Identity.generate(),
  name = 'bench',
): void => {
  const author = new Author(identity, name)
  const store = new SqliteStore(folder)
  const group = store.createGroup(author.group, name)
  const history = new History(group)
  const save = (tip: SignedEntry): void => {
    history.advance({ term: termOf(tip), seq: tip.entry.seq })
    const changes = history.takeChanges()
    if (changes !== null) group.apply({ type: 'persist', ...changes, outbox: [] })
  }
  history.add(author.genesis)
  let tip = author.open()
  history.add(tip)
  for (let count = 2; count < entries; count += 1) {
    tip = author.say(each)
    history.add(tip)
    if (count % PAGE === 0) save(tip)
  }
  save(tip)
  store.close()
}
