/**
 * A whole history as lines of JSON, one entry each, parents first: `{"index","hash","sig","entry"}`
 * with the entry as it was hashed, and its index in the order (null on branches outside it).
 */
import type { GroupId } from '../core/ids.ts'
import { SavedHistory } from '../store/saved-history.ts'
import { StoreError } from '../store/store-error.ts'
import { toFault } from './driver.ts'

/** Lines made between two chances for others to run. */
const PAGE = 256

/** Reads through a connection of its own, so that it is one moment's history whatever comes in. */
export async function* exportLines(folder: string, group: GroupId): AsyncGenerator<string, void> {
  let saved: SavedHistory | null = null
  try {
    saved = new SavedHistory(folder, group)
    for (const page of saved.pages(PAGE)) {
      const lines = page.map(({ index, hash, sig, json }) => {
        const before = JSON.stringify({ index, hash, sig }).slice(0, -1)
        return `${before},"entry":${json}}\n`
      })
      yield lines.join('')
      await new Promise((resolve) => setImmediate(resolve))
    }
  } catch (thrown) {
    throw thrown instanceof StoreError ? toFault(thrown) : thrown
  } finally {
    saved?.close()
  }
}
