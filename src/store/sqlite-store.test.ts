import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { SqliteStore } from './sqlite-store.ts'
import { storeContract } from './store-contract.suite.ts'

const onDisk = () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'))
  return {
    open: () => new SqliteStore(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

storeContract('the store on disk', onDisk, 15)
