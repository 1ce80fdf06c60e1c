/** What SQLite says about the world, in the words of the store. */
import { StoreError } from './store-error.ts'

/** https://sqlite.org/rescode.html; the low byte is the kind, the rest which operation failed. */
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const PERM = 3
const NOTADB = 26
const IOERR_READ = 266
const IOERR_SHORT_READ = 522
const IOERR_CORRUPTFS = 8458

const codeOf = (fault: unknown): number | null =>
  fault instanceof Error && 'errcode' in fault && typeof fault.errcode === 'number'
    ? fault.errcode
    : null

const isUnreadable = (code: number): boolean =>
  code === IOERR_READ || code === IOERR_SHORT_READ || code === IOERR_CORRUPTFS

/** A `StoreError` for a fault of the disk; anything else comes back as it was. */
export const storeFault = (fault: unknown, path: string): unknown => {
  const code = codeOf(fault)
  if (code === null) return fault
  const reason = fault instanceof Error ? fault.message : ''
  const kind = code & 0xff
  if (kind === CORRUPT || kind === NOTADB || isUnreadable(code)) {
    return corrupt(path, reason, fault)
  }
  switch (kind) {
    case FULL:
      return new StoreError(
        'STORAGE_FULL',
        `no room left to write ${path} (${reason}); nothing was stored`,
        'Make room on that disk; nothing needs to be restarted.',
        path,
        fault,
      )
    case READONLY:
    case PERM:
    case CANTOPEN:
      return unwritable(
        path,
        reason,
        'Allow this user to write to the folder and its files.',
        fault,
      )
    case IOERR:
      return unwritable(path, reason, 'Check the disk, and quotas or limits on file size.', fault)
    case BUSY:
    case LOCKED:
      return new StoreError(
        'STORAGE_BUSY',
        `another process holds ${path} (${reason})`,
        'Close what else has that file open.',
        path,
        fault,
      )
    default:
      return fault
  }
}

const unwritable = (path: string, reason: string, hint: string, fault: unknown): StoreError =>
  new StoreError('STORAGE_UNWRITABLE', `cannot write ${path} (${reason})`, hint, path, fault)

/** The file does not hold what was once written to it. */
export const corrupt = (path: string, reason: string, fault?: unknown): StoreError =>
  new StoreError(
    'STORAGE_CORRUPT',
    `${path} is damaged (${reason})`,
    'The node sets it aside, keeps what is sound, and asks the other members for the rest.',
    path,
    fault,
  )

/** The same for the folder itself, which Node's file system calls spoke of. */
export const folderFault = (fault: unknown, folder: string): unknown => {
  if (!(fault instanceof Error) || !('code' in fault)) return fault
  if (fault.code === 'ENOSPC') {
    const hint = 'Make room on that disk, then start again.'
    return new StoreError('STORAGE_FULL', `no room to create ${folder}`, hint, folder, fault)
  }
  const hint = 'Choose another data folder, or let this user write there.'
  return unwritable(folder, fault.message, hint, fault)
}
