import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

import { Identity } from './identity.ts'
import { makePrivateFolder } from './private-folder.ts'

export type IdentityErrorCode =
  /** There is a key file, but it cannot be read or is not one. */
  | 'IDENTITY_UNREADABLE'
  /** No key file could be made. */
  | 'IDENTITY_UNWRITABLE'

/** `message` says what happened and where, `hint` what to do. Neither has anything of the key. */
export class IdentityError extends Error {
  readonly code: IdentityErrorCode
  readonly hint: string
  readonly path: string

  constructor(code: IdentityErrorCode, reason: string, hint: string, path: string) {
    super(`${code === 'IDENTITY_UNREADABLE' ? 'cannot use' : 'cannot create'} ${path}: ${reason}`)
    this.name = 'IdentityError'
    this.code = code
    this.hint = hint
    this.path = path
  }
}

const reasonOf = (fault: unknown): string => (fault instanceof Error ? fault.message : 'unknown')

const hasCode = (fault: unknown, code: string): boolean =>
  fault instanceof Error && 'code' in fault && fault.code === code

/** The key file of a data folder. */
export const identityPath = (folder: string): string => join(folder, 'node-key.pem')

/** What makes the file's name durable, not only its contents. */
const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

const writeNew = (path: string, text: string): void => {
  const handle = openSync(path, 'wx', 0o600)
  try {
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Null if there is no key file. */
const read = (path: string): Identity | null => {
  let pem: string
  try {
    pem = readFileSync(path, 'utf8')
    // Copied folders often lose their modes.
    chmodSync(path, 0o600)
  } catch (fault) {
    if (hasCode(fault, 'ENOENT')) return null
    const hint = 'Let this user read and own the key file.'
    throw new IdentityError('IDENTITY_UNREADABLE', reasonOf(fault), hint, path)
  }
  try {
    return Identity.fromPem(pem)
  } catch {
    const hint = 'Restore it from a backup, or move it away: the node then starts as somebody new.'
    throw new IdentityError('IDENTITY_UNREADABLE', 'it is not a key file', hint, path)
  }
}

/**
 * Writes the file whole or not at all, and never over another: a key that peers have seen must not
 * be lost. A link, unlike a rename, fails if the name is taken. False if it was.
 */
const create = (folder: string, path: string, identity: Identity): boolean => {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    writeNew(draft, identity.toPem())
    linkSync(draft, path)
  } catch (fault) {
    if (hasCode(fault, 'EEXIST')) return false
    throw fault
  } finally {
    rmSync(draft, { force: true })
  }
  syncFolder(folder)
  return true
}

/**
 * The identity of a data folder. Without one, a new one is made and is on the disk when this
 * returns. Of two that do this at once both get the same. Throws `IdentityError`.
 */
export const loadIdentity = (folder: string): Identity => {
  const path = identityPath(folder)
  const known = read(path)
  if (known !== null) return known
  const fresh = Identity.generate()
  try {
    makePrivateFolder(folder)
    if (create(folder, path, fresh)) return fresh
  } catch (fault) {
    const hint = 'Choose a data folder that this user may write to, with some room left.'
    throw new IdentityError('IDENTITY_UNWRITABLE', reasonOf(fault), hint, path)
  }
  return read(path) ?? loadIdentity(folder)
}
