// Everything that must be there before Parley can run from a clone: the dependencies, with the
// bundled Node among them, and the compiled files. Plain JavaScript without dependencies, because
// at this point nothing is installed and the running Node may be an old one.
//
// What is in order is left alone, so that a clone that is ready needs no permission to write.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findNode, noNodeMessage } from './node24.mjs'

/** The folder of the clone. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const lockFile = join(root, 'package-lock.json')
const installed = join(root, 'node_modules', '.package-lock.json')
const built = join(root, 'dist', '.build', 'start.stamp')
/** What Vite is told so that it builds the page. */
export const page = ['build', '--config', 'src/web/vite.config.ts']

const guard = join(root, '.setup-lock')

/** A failure that is told in a sentence, without a stack. */
export class SetupError extends Error {}

const say = (text) => process.stderr.write(`parley: ${text}\n`)

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)

const isInstalled = () => changedAt(installed) >= changedAt(lockFile) && existsSync(installed)

/** The latest change below a folder; folders count too, as a removed file changes only them. */
function latestChange(folder) {
  let latest = changedAt(folder)
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, item.name)
    latest = Math.max(latest, item.isDirectory() ? latestChange(path) : changedAt(path))
  }
  return latest
}

const isBuilt = () =>
  changedAt(built) >=
  Math.max(
    latestChange(join(root, 'src')),
    changedAt(join(root, 'tsconfig.base.json')),
    changedAt(installed),
  )

const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function takeGuard() {
  try {
    mkdirSync(guard)
    writeFileSync(join(guard, 'pid'), String(process.pid))
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw new SetupError(
      `Cannot write to ${root} (${error.code}), which is needed to install and build Parley:` +
        ' run it as the owner of that folder, or clone it to a place of your own.',
    )
  }
}

/** Several terminals may start Parley at once in a fresh clone: one does the work, others wait. */
function guarded(work) {
  let told = false
  while (!takeGuard()) {
    const holder = join(guard, 'pid')
    const pid = existsSync(holder) ? Number(readFileSync(holder, 'utf8')) : 0
    const ageMs = Date.now() - changedAt(guard)
    // A holder without a number yet is between its two steps, unless that lasts.
    const isLeftBehind = pid > 0 ? !isAlive(pid) : ageMs > 5000
    if (isLeftBehind) {
      rmSync(guard, { recursive: true, force: true })
      continue
    }
    if (!told) say('another start is preparing this folder, waiting for it')
    told = true
    pause(200)
  }
  try {
    work()
  } finally {
    rmSync(guard, { recursive: true, force: true })
  }
}

/** Runs a program and keeps its output to itself unless it fails. */
function runQuietly(what, command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (result.status === 0) return
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  const why = result.error ? result.error.message : `exit ${result.status ?? result.signal}`
  throw new SetupError(`${what} failed (${why}); what it said is above.`)
}

function install() {
  say('installing dependencies (only when they changed)')
  const args = ['ci', '--include=dev', '--include=optional', '--no-fund', '--no-audit']
  args.push('--no-progress', '--loglevel=error')
  // Inside an npm script npm says where it is itself; started by hand it is looked up.
  const npm = process.env.npm_execpath
  if (npm && npm.endsWith('.js')) runQuietly('npm ci', process.execPath, [npm, ...args])
  else runQuietly('npm ci', 'npm', args)
}

function build(node) {
  say('building (only when the source changed)')
  const startedAt = new Date()
  runQuietly('The build', node, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'src/cli'])
  // The types of the page are the tests' affair; for running it is only put together.
  runQuietly('The build of the page', node, [join(root, 'node_modules/vite/bin/vite.js'), ...page])
  // Dated by its start: what was changed meanwhile is to be built again.
  writeFileSync(built, '')
  utimesSync(built, startedAt, startedAt)
}

function suitableNode() {
  const node = findNode()
  if (node === null) throw new SetupError(noNodeMessage())
  return node
}

/** Makes sure of the dependencies; returns the path of the Node to go on with. */
export function ensureInstalled() {
  if (!isInstalled()) guarded(() => isInstalled() || install())
  return suitableNode()
}

/** Makes sure of dependencies and compiled files; returns the path of the Node to go on with. */
export function ensureBuilt() {
  const node = ensureInstalled()
  if (!isBuilt()) guarded(() => isBuilt() || build(node))
  return node
}

/** Runs `work`; a set-up failure is told in a sentence and ends in exit code 1. */
export async function orExplain(work) {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(error.message)
    process.exitCode = 1
  }
}
