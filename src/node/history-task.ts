/** Runs the work of `history-worker.ts` and waits for it. */
import { Worker } from 'node:worker_threads'

import type { GroupId } from '../core/ids.ts'
import type { FolderFindings } from '../store/folder-check.ts'
import type { Salvaged } from '../store/salvage.ts'
import { StoreError, type StoreErrorCode } from '../store/store-error.ts'

export type Task =
  | {
      readonly task: 'check'
      readonly folder: string
      readonly group?: GroupId | undefined
      readonly upTo?: number | undefined
    }
  | { readonly task: 'salvage'; readonly folder: string }

interface Results {
  readonly check: FolderFindings
  readonly salvage: Salvaged
}

export type TaskMessage =
  | { readonly type: 'progress'; readonly entries: number }
  | { readonly type: 'done'; readonly result: FolderFindings | Salvaged }
  | {
      readonly type: 'failed'
      readonly code: StoreErrorCode
      readonly message: string
      readonly hint: string
      readonly path: string
    }

/** It stands beside this file, as source or as what the compiler made of it. */
const workerUrl = (): URL => {
  const end = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./history-worker.${end}`, import.meta.url)
}

/** Rejects with StoreError if the disk refuses, or with what went wrong in the thread. */
export const runTask = <T extends Task>(
  task: T,
  onProgress: (entries: number) => void = () => {},
): Promise<Results[T['task']]> => {
  const worker = new Worker(workerUrl(), { workerData: task })
  return new Promise((resolve, reject) => {
    worker.on('message', (message: TaskMessage) => {
      if (message.type === 'progress') onProgress(message.entries)
      else if (message.type === 'done') resolve(message.result as Results[T['task']])
      else {
        const { code, message: text, hint, path } = message
        reject(new StoreError(code, text, hint, path))
      }
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the thread ended without a result')))
  })
}
