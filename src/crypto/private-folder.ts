import { dirname } from 'node:path'
import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'

/** Any of these says that the folder is Parley's own, and nobody keeps anything else in it. */
const OURS = ['node-key.pem', 'node.json', 'known-hosts']
const OTHERS = 0o077

/**
 * One after the other: told to make all of them, Node goes on for ever where the system itself says
 * that a folder cannot be there, as in /proc.
 */
export const makeFolders = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  const parent = dirname(path)
  if (parent !== path) makeFolders(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (thrown) {
    // Another process was quicker.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw thrown
  }
}

/**
 * Makes a folder that only its owner can enter. One that is there already is shut to others as well
 * if it is empty or a node's own, and nothing more is allowed to anybody than was; anything else,
 * say somebody's home, is left as it is: the files that are made in it are private anyway.
 */
export const makePrivateFolder = (path: string): void => {
  makeFolders(path)
  const { mode, uid } = statSync(path)
  if ((mode & OTHERS) === 0 || uid !== process.getuid?.()) return
  const names = readdirSync(path)
  if (names.length === 0 || names.some((name) => OURS.includes(name)))
    chmodSync(path, mode & ~OTHERS & 0o7777)
}
