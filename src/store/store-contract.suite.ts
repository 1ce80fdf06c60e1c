/**
 * What every store does. Each store's own test calls this with a way to make a folder, and
 * the number of random histories that it is to live through.
 */
import { describe } from 'vitest'

import { folderContract } from './contract-folder.suite.ts'
import { historyContract } from './contract-history.suite.ts'
import { logContract } from './contract-log.suite.ts'
import type { Folder } from './contract-scene.suite.ts'
import { twinContract } from './contract-twin.suite.ts'

export const storeContract = (name: string, makeFolder: () => Folder, runs: number): void => {
  describe(`${name} keeps the contract of stores`, () => {
    logContract(makeFolder)
    historyContract(makeFolder)
    folderContract(makeFolder)
    twinContract(makeFolder, runs)
  })
}
