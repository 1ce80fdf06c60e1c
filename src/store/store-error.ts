/**
 * The world's faults as a store meets them. Our own bugs (an entry without its predecessor, an
 * order with a hole) are assertions instead.
 */

export type StoreErrorCode =
  /** No room. Nothing of the transaction was kept; the store works again once there is room. */
  | 'STORAGE_FULL'
  /** The folder or disk refuses writing. Nothing of the transaction was kept. */
  | 'STORAGE_UNWRITABLE'
  /** What is on disk is not what was written there. */
  | 'STORAGE_CORRUPT'
  /** Another process uses this data folder. */
  | 'STORAGE_BUSY'
  /** A newer version of the program wrote this database. */
  | 'STORAGE_NEWER'

/** `message` says what happened and where, `hint` what to do about it. */
export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly hint: string
  /** The file or folder in question. */
  readonly path: string

  constructor(code: StoreErrorCode, message: string, hint: string, path: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.code = code
    this.hint = hint
    this.path = path
  }
}
