#!/usr/bin/env node
// Which Node runs Parley: the one that is running now if it is recent enough, else the one that
// came along as a package. Run as a program it prints the path, for scripts and for test
// harnesses that signal processes: started as `$(node scripts/node24.mjs) bin/parley.js …` there
// is exactly one process, and no launcher in between.
//
// Old syntax on purpose: this file must load on runtimes that cannot run anything else of ours.
import { existsSync, realpathSync } from 'fs'
import { createRequire } from 'module'
import { dirname, join } from 'path'
import { fileURLToPath } from 'url'

const NEEDED = [24, 16]

/** True if a version such as "24.16.0" is recent enough. */
export function isRecentEnough(version) {
  const parts = version.split('.').map(Number)
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1])
}

/** The path of a Node that can run Parley, or null if there is none. */
export function findNode() {
  if (isRecentEnough(process.versions.node)) return process.execPath
  try {
    const require = createRequire(import.meta.url)
    const manifest = require.resolve('node-linux-' + process.arch + '/package.json')
    const path = join(dirname(manifest), 'bin', 'node')
    return existsSync(path) ? path : null
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

/** One sentence for the person who has no suitable Node. */
export function noNodeMessage() {
  return (
    'Parley needs Node ' +
    NEEDED.join('.') +
    ' or later, this is Node ' +
    process.versions.node +
    ' and the bundled one is not installed: run `npm start` in the Parley folder, which brings it' +
    ' along on Linux, or install a newer Node from https://nodejs.org.'
  )
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const path = findNode()
  if (path === null) {
    console.error(noNodeMessage())
    process.exitCode = 1
  } else {
    console.log(path)
  }
}
