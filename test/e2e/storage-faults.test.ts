import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { expectSameHistory, report, textsOf } from './harness/checks.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()
const mounts: string[] = []

afterEach(() => {
  for (const path of mounts.splice(0)) execFileSync('umount', ['-l', path], { stdio: 'ignore' })
})

interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string }
}

/** A disk of its own, of so many bytes; null where this user may not mount one. */
const smallDisk = (path: string, bytes: number): string | null => {
  mkdirSync(path, { recursive: true })
  const options = ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'tmpfs', path]
  try {
    execFileSync('mount', options, { stdio: 'ignore' })
  } catch {
    return null
  }
  mounts.push(path)
  return path
}

/** Without what a test needs it is skipped, and says so; where all must be there, it fails. */
const cannot = (why: string): boolean => {
  if (process.env['CI'] === 'true') throw new Error(why)
  report(`skipped: ${why}`)
  return true
}

test('a full disk: a clear error, nothing acknowledged in vain, then it goes on', async () => {
  const disk = smallDisk(join(scene().folder, 'disk'), 6 * 1024 * 1024)
  if (disk === null) {
    cannot('a small disk cannot be mounted here')
    return
  }
  const alice = await scene().member('alice')
  await alice.call('create', { name: 'lobby' })
  const bob = await scene().member('bob', { dataDir: join(disk, 'bob') })
  await bob.call('join', { target: `${alice.ready.listen}/lobby` }, 20_000)
  await allAgree([alice, bob], 'lobby')
  await bob.json('send', 'lobby', 'there is room')

  const filler = join(disk, 'filler')
  const fill = (): void => {
    for (const bytes of [65_536, 4_096, 512]) {
      try {
        for (;;) writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
      } catch {
        // Full, down to pieces of this size.
      }
    }
  }
  fill()
  const sent: { text: string; ran: Awaited<ReturnType<Member['run']>> }[] = []
  const refused = await until(
    'the full disk is told of',
    async () => {
      fill()
      const text = `number ${sent.length} ${'x'.repeat(20_000)}`
      const ran = await bob.run('send', 'lobby', text, '--timeout-ms', '3000', '--json')
      sent.push({ text, ran })
      return ran.code === 0 ? null : ran
    },
    60_000,
  )
  const { error } = JSON.parse(refused.stderr) as Failure
  expect(error.code).toBe('STORAGE_FULL')
  expect(error.hint).not.toBe('')
  expect(refused.code).toBe(1)
  expect(bob.started.hasExited()).toBe(false)
  const status = await bob.run('status', '--json')
  expect(status.code).toBe(0)

  rmSync(filler)
  await until('there is room again', async () => {
    const ran = await bob.run('send', 'lobby', 'again', '--timeout-ms', '3000', '--json')
    return ran.code === 0
  })
  await allAgree([alice, bob], 'lobby', { withinMs: 30_000 })
  const texts = textsOf(await expectSameHistory([alice, bob], 'lobby'))
  for (const { text, ran } of sent) if (ran.code === 0) expect(texts).toContain(text)
  expect(texts.at(0)).toBe('there is room')
  expect(texts.at(-1)).toBe('again')
})

test('a folder that cannot be written: a clear error at the start, and exit 1', async () => {
  const folder = join(scene().folder, 'locked')
  mkdirSync(folder)
  chmodSync(folder, 0o555)
  const isRoot = process.getuid?.() === 0
  // Root may write anywhere: as nobody then, who must at least get to the folder.
  if (isRoot) {
    chmodSync(scene().folder, 0o755)
    chownSync(folder, 65_534, 65_534)
  }
  const started = scene().start(
    'locked',
    ['run', '--json', '--listen', '127.0.0.1:0', '--data-dir', folder],
    isRoot ? { uid: 65_534 } : {},
  )
  const exit = await started.exit
  expect(exit.code).toBe(1)
  expect(started.lines).toEqual([])
  const { error } = JSON.parse(started.stderr().trim().split('\n').at(-1) ?? '') as Failure
  expect(error.code).toBe('STORAGE_UNWRITABLE')
  expect(error.message).toContain(folder)
  expect(existsSync(join(folder, 'node.json'))).toBe(false)
  chmodSync(folder, 0o755)
})

test('a folder that another node uses: a clear error, and that node is not disturbed', async () => {
  const alice = await scene().member('alice')
  const args = ['run', '--json', '--listen', '127.0.0.1:0', '--data-dir', alice.dataDir]
  const second = await scene().run(args)
  expect(second.code).toBe(1)
  expect((JSON.parse(second.stderr) as Failure).error.code).toBe('STORAGE_BUSY')
  expect((await alice.call('status', {})).node.name).toBe('alice')
})
