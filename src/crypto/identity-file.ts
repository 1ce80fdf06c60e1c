import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

import { Identity } from './identity.ts'
import { isLocked, lockKey, unlockKey } from './locked-key.ts'
import { makePrivateFolder } from './private-folder.ts'

export type IdentityErrorCode =
  /** There is a key file, but it cannot be read or is not one. */
  | 'IDENTITY_UNREADABLE'
  /** No key file could be made. */
  | 'IDENTITY_UNWRITABLE'
  /** It is under a passphrase, and none was given. */
  | 'IDENTITY_LOCKED'
  /** It is under another passphrase. */
  | 'PASSPHRASE_WRONG'

/** `message` says what happened and where, `hint` what to do. Neither has anything of the key. */
export class IdentityError extends Error {
  readonly code: IdentityErrorCode
  readonly hint: string
  readonly path: string

  constructor(code: IdentityErrorCode, reason: string, hint: string, path: string) {
    super(`${code === 'IDENTITY_UNWRITABLE' ? 'cannot create' : 'cannot use'} ${path}: ${reason}`)
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
const readText = (path: string): string | null => {
  try {
    const text = readFileSync(path, 'utf8')
    // Copied folders often lose their modes.
    chmodSync(path, 0o600)
    return text
  } catch (fault) {
    if (hasCode(fault, 'ENOENT')) return null
    const hint = 'Let this user read and own the key file.'
    throw new IdentityError('IDENTITY_UNREADABLE', reasonOf(fault), hint, path)
  }
}

const unlock = (text: string, passphrase: string | null, path: string): string => {
  if (passphrase === null) {
    const hint = 'Name a file with the passphrase in PARLEY_PASSPHRASE_FILE, or use a terminal.'
    throw new IdentityError('IDENTITY_LOCKED', 'it is under a passphrase', hint, path)
  }
  const pem = unlockKey(text, passphrase)
  if (pem !== null) return pem
  const hint = 'Try again. Nothing else opens it: a lost passphrase is a lost key.'
  throw new IdentityError('PASSPHRASE_WRONG', 'this passphrase does not open it', hint, path)
}

const parse = (text: string, passphrase: string | null, path: string): Identity => {
  try {
    return Identity.fromPem(isLocked(text) ? unlock(text, passphrase, path) : text)
  } catch (fault) {
    if (fault instanceof IdentityError) throw fault
    const hint = 'Restore it from a backup, or move it away: the node then starts as somebody new.'
    throw new IdentityError('IDENTITY_UNREADABLE', 'it is not a key file', hint, path)
  }
}

const textOf = (identity: Identity, passphrase: string | null, logN?: number): string =>
  passphrase === null ? identity.toPem() : lockKey(identity.toPem(), passphrase, logN)

/**
 * Writes the file whole or not at all, and never over another: a key that peers have seen must not
 * be lost. A link, unlike a rename, fails if the name is taken. False if it was.
 */
const create = (folder: string, path: string, text: string): boolean => {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    writeNew(draft, text)
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

/** Replaces the file in one step: there is always one of the two, whole. */
const replace = (folder: string, path: string, text: string): void => {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    writeNew(draft, text)
    renameSync(draft, path)
    syncFolder(folder)
  } catch (fault) {
    rmSync(draft, { force: true })
    const hint = 'Make room in the data folder, and let this user write there.'
    throw new IdentityError('IDENTITY_UNWRITABLE', reasonOf(fault), hint, path)
  }
}

/** Whether there is a key file that only a passphrase opens. */
export const isIdentityLocked = (folder: string): boolean =>
  isLocked(readText(identityPath(folder)) ?? '')

/**
 * Copies the key file of one folder into another, locked if it is locked; one that is there already
 * is replaced only if `mayReplace` is set. Nothing happens where there is none to copy. Throws
 * `IdentityError`.
 */
export const copyIdentity = (from: string, to: string, mayReplace: boolean): void => {
  const text = readText(identityPath(from))
  const path = identityPath(to)
  const known = readText(path)
  if (text === null || known === text || (known !== null && !mayReplace)) return
  try {
    makePrivateFolder(to)
    if (known === null) create(to, path, text)
    else replace(to, path, text)
  } catch (fault) {
    if (fault instanceof IdentityError) throw fault
    const hint = 'Choose a data folder that this user may write to, with some room left.'
    throw new IdentityError('IDENTITY_UNWRITABLE', reasonOf(fault), hint, path)
  }
}

/** Puts the key under another passphrase, or under none. Throws `IdentityError`. */
export const changePassphrase = (
  folder: string,
  before: string | null,
  after: string | null,
  logN?: number,
): void => {
  const identity = loadIdentity(folder, before)
  replace(folder, identityPath(folder), textOf(identity, after, logN))
}

/**
 * The identity of a data folder. Without one, a new one is made and is on the disk when this
 * returns. Of two that do this at once both get the same. With a passphrase, a key that is under
 * none yet is put under it; `logN` is what guessing costs, less in tests only. Throws
 * `IdentityError`.
 */
export const loadIdentity = (
  folder: string,
  passphrase: string | null = null,
  logN?: number,
): Identity => {
  const path = identityPath(folder)
  const known = readText(path)
  if (known !== null) {
    const identity = parse(known, passphrase, path)
    if (passphrase !== null && !isLocked(known))
      replace(folder, path, textOf(identity, passphrase, logN))
    return identity
  }
  const fresh = Identity.generate()
  try {
    makePrivateFolder(folder)
    if (create(folder, path, textOf(fresh, passphrase, logN))) return fresh
  } catch (fault) {
    const hint = 'Choose a data folder that this user may write to, with some room left.'
    throw new IdentityError('IDENTITY_UNWRITABLE', reasonOf(fault), hint, path)
  }
  return loadIdentity(folder, passphrase, logN)
}
