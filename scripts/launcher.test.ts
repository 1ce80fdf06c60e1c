// The launcher on a Node that is too old: seen from outside, the child it starts must be the
// launcher itself. Runs with the machine's own Node if that one is old, else there is nothing to
// test. A small stand-in plays the compiled Parley.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const STAND_IN = `
const [what, ...rest] = process.argv.slice(2)
console.log(JSON.stringify({ pid: process.pid, version: process.version, rest }))
if (what === 'exit') process.exit(Number(rest[0]))
if (what === 'end') process.exitCode = 0
if (what === 'run') {
  let count = 0
  setInterval(() => console.log(JSON.stringify({ beat: (count += 1) })), 20)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      console.log(JSON.stringify({ signal }))
      setTimeout(() => process.exit(7), 100)
    })
  }
}
if (what === 'wait') setInterval(() => undefined, 1000)
`

/** A Node on the PATH that is older than Parley needs and still knows ES modules well. */
function findOldNode(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  for (const folder of [...folders, '/usr/local/bin', '/usr/bin']) {
    const path = join(folder, 'node')
    if (!existsSync(path)) continue
    const [major, minor] = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' })
      .split('.')
      .map(Number)
    if (major! < 24 || (major === 24 && minor! < 16)) return path
  }
  return null
}

const oldNode = findOldNode()

interface Launched {
  readonly launcher: ChildProcess
  readonly lines: readonly Record<string, unknown>[]
  readonly childPid: number
  readonly exit: Promise<readonly unknown[]>
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 5000
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`Waited in vain: ${what}`)
    await sleep(10)
  }
}

/** False for a zombie as well: nobody may be there to collect an orphan's exit. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** How long the child outlives its launcher, in milliseconds. */
async function survival(childPid: number): Promise<number> {
  const start = performance.now()
  while (isAlive(childPid) && performance.now() - start < 5000) await sleep(5)
  return performance.now() - start
}

describe.skipIf(oldNode === null)('the launcher on an old Node', () => {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-launcher-'))
    for (const path of ['bin/parley.js', 'scripts/node24.mjs', 'package.json']) {
      cpSync(join(root, path), join(folder, path), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    mkdirSync(join(folder, 'dist/cli'), { recursive: true })
    writeFileSync(join(folder, 'dist/cli/main.js'), STAND_IN)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function launch(...args: string[]): Promise<Launched> {
    const launcher = spawn(oldNode!, [join(folder, 'bin/parley.js'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exit = once(launcher, 'exit')
    const lines: Record<string, unknown>[] = []
    createInterface(launcher.stdout).on('line', (line) => {
      lines.push(JSON.parse(line) as Record<string, unknown>)
    })
    await until('the first line', () => lines.length > 0)
    return { launcher, lines, childPid: lines[0]!['pid'] as number, exit }
  }

  test('goes on in a recent Node, arguments and exit code intact', async () => {
    const { lines, exit } = await launch('exit', '42', 'two words', '')
    expect(await exit).toEqual([42, null])
    expect(lines[0]!['rest']).toEqual(['42', 'two words', ''])
    expect(Number.parseInt(String(lines[0]!['version']).slice(1), 10)).toBeGreaterThanOrEqual(24)
  })

  test('the channel between the two does not keep a finished program alive', async () => {
    const { exit } = await launch('end')
    expect(await exit).toEqual([0, null])
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s is passed on once', async (signal) => {
    const { launcher, lines, exit } = await launch('run')
    launcher.kill(signal)
    expect(await exit).toEqual([7, null])
    expect(lines.filter((line) => 'signal' in line)).toEqual([{ signal }])
  })

  test('dies of the signal that its child died of', async () => {
    const { childPid, exit } = await launch('wait')
    process.kill(childPid, 'SIGKILL')
    expect(await exit).toEqual([null, 'SIGKILL'])
  })

  test('killed outright, it takes its child along', async () => {
    const { launcher, childPid } = await launch('run')
    launcher.kill('SIGKILL')
    expect(await survival(childPid)).toBeLessThan(500)
  })

  test('stopped, its child stands still; continued, it goes on', async () => {
    const { launcher, lines, exit } = await launch('run')
    launcher.kill('SIGSTOP')
    await sleep(300)
    const beats = lines.length
    await sleep(300)
    expect(lines.length).toBe(beats)
    launcher.kill('SIGCONT')
    await until('it goes on', () => lines.length > beats + 2)
    launcher.kill('SIGTERM')
    expect(await exit).toEqual([7, null])
  })

  test('killed while it is stopped, it takes its child along', async () => {
    const { launcher, childPid } = await launch('run')
    launcher.kill('SIGSTOP')
    await sleep(300)
    launcher.kill('SIGKILL')
    expect(await survival(childPid)).toBeLessThan(500)
  })

  test('says what to do if nothing is built', async () => {
    rmSync(join(folder, 'dist'), { recursive: true })
    const launcher = spawn(oldNode!, [join(folder, 'bin/parley.js')])
    let said = ''
    launcher.stderr.on('data', (text) => (said += String(text)))
    expect(await once(launcher, 'close')).toEqual([1, null])
    expect(said).toMatch(/^Parley is not built yet .*npm start`\.\n$/)
  })

  test('says what to do if there is no recent Node', async () => {
    mkdirSync(join(folder, 'dist/cli'), { recursive: true })
    writeFileSync(join(folder, 'dist/cli/main.js'), STAND_IN)
    rmSync(join(folder, 'node_modules'))
    const launcher = spawn(oldNode!, [join(folder, 'bin/parley.js')])
    let said = ''
    launcher.stderr.on('data', (text) => (said += String(text)))
    expect(await once(launcher, 'close')).toEqual([1, null])
    expect(said).toMatch(/^Parley needs Node 24\.16 or later.*nodejs\.org\.\n$/)
  })
})
