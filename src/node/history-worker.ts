/**
 * What would hold up a node for too long, in a thread of its own: checking all that is stored, and
 * making a new database of what is sound in a damaged one.
 */
import { parentPort, workerData } from 'node:worker_threads'

import { sha256, verifySignature } from '../crypto/node-crypto.ts'
import { checkFolder } from '../store/folder-check.ts'
import { salvage } from '../store/salvage.ts'
import { StoreError } from '../store/store-error.ts'
import type { Task, TaskMessage } from './history-task.ts'

const crypto = { hash: sha256, verify: verifySignature }

/** Entries between two reports. */
const REPORT_EVERY = 2_000

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
const tell = (message: TaskMessage): void => parentPort?.postMessage(message)

const check = ({ folder, group, upTo }: Extract<Task, { task: 'check' }>): void => {
  const run = checkFolder({ folder, crypto, group, upTo })
  let told = 0
  for (;;) {
    const next = run.next()
    if (next.done === true) {
      tell({ type: 'done', result: next.value })
      return
    }
    if (next.value < told + REPORT_EVERY) continue
    told = next.value
    tell({ type: 'progress', entries: told })
  }
}

try {
  const task = workerData as Task
  if (task.task === 'check') check(task)
  else tell({ type: 'done', result: salvage(task.folder, crypto) })
} catch (thrown) {
  if (!(thrown instanceof StoreError)) throw thrown
  const { code, message, hint, path } = thrown
  tell({ type: 'failed', code, message, hint, path })
}
