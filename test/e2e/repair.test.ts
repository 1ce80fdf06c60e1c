// One bit turned over on a disk: found by verify, and the node gets its history again by itself.
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createPrng } from '../../src/core/prng.ts'
import { expectSameHistory, report } from './harness/checks.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()

/** Bits that are tried; each that is found is repaired, up to so many. */
const FLIPS = 16
const REPAIRS = 4

const flip = (path: string, bit: number): void => {
  const bytes = readFileSync(path)
  const at = Math.floor(bit / 8)
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit % 8)), at)
  writeFileSync(path, bytes)
}

const isVerified = async (member: Member): Promise<boolean> => {
  const { code } = await member.run('verify', 'lobby', '--json')
  if (code !== 0 && code !== 6) throw new Error(`verify ended with ${code}`)
  return code === 0
}

const codeIn = (stderr: string): string =>
  (JSON.parse(stderr) as { error: { code: string } }).error.code

test('any bit of a database: found or not in use; then repaired, with equal heads', async () => {
  const [alice, bob] = (await scene().group('lobby', ['alice', 'bob'])) as [Member, Member]
  for (let count = 1; count <= 40; count += 1)
    await bob.call('send', { network: 'lobby', text: `message ${count} of many`, wait: 'all' })
  await bob.kill('SIGTERM')
  const path = join(bob.dataDir, 'parley.db')
  const kept = join(scene().folder, 'kept.db')
  const prng = createPrng(1)
  let [found, repaired] = [0, 0]
  for (let count = 0; count < FLIPS && repaired < REPAIRS; count += 1) {
    copyFileSync(path, kept)
    const bit = Math.floor(prng.next() * readFileSync(path).length * 8)
    flip(path, bit)
    const checked = await bob.run('verify', 'lobby', '--offline', '--json')
    expect([0, 6], `bit ${bit}: ${checked.stderr}`).toContain(checked.code)
    if (checked.code === 0) {
      copyFileSync(kept, path)
      continue
    }
    found += 1
    expect(codeIn(checked.stderr)).toBe('VERIFICATION_FAILED')
    await bob.restart()
    const { id } = bob.ready
    // Unless the damage was met at the start already, this finds it and begins the repair.
    await isVerified(bob)
    await until(`bit ${bit} is repaired`, () => isVerified(bob))
    await allAgree([alice, bob], 'lobby', { count: 40 })
    expect(bob.ready.id).toBe(id)
    expect((await bob.call('surroundings', {})).lastRepair).not.toBeNull()
    repaired += 1
    await bob.kill('SIGTERM')
  }
  report(`${found} bits found and repaired`)
  expect(repaired).toBeGreaterThan(1)
  const aside = readdirSync(bob.dataDir).filter((name) => /^parley\.db\.damaged-[^-]+$/.test(name))
  expect(aside).not.toEqual([])
  await bob.restart()
  await allAgree([alice, bob], 'lobby', { count: 40 })
  await expectSameHistory([alice, bob], 'lobby')
  expect((await bob.run('doctor')).stdout).toContain('repaired at')
})

test('history that nobody else has is kept as far as it is sound', async () => {
  const [alice, bob] = (await scene().group('lobby', ['alice', 'bob'])) as [Member, Member]
  await bob.json('send', 'lobby', 'before', '--wait', 'all')
  await alice.kill('SIGTERM')
  await until('bob leads', async () => (await bob.network('lobby')).role === 'leader')
  await bob.json('send', 'lobby', 'said alone', '--wait', '1')
  await bob.kill('SIGTERM')
  const path = join(bob.dataDir, 'parley.db')
  const bytes = readFileSync(path)
  // Where the search index keeps its words, and nothing else does.
  const at = bytes.indexOf('0alone', 0, 'latin1')
  expect(at).toBeGreaterThan(0)
  flip(path, at * 8 + 8)
  const checked = await bob.run('verify', 'lobby', '--offline', '--json')
  expect(checked.code).toBe(6)
  await bob.restart()
  expect(await isVerified(bob)).toBe(false)
  await until('it is repaired', () => isVerified(bob))
  await alice.restart()
  await allAgree([alice, bob], 'lobby', { count: 2 })
  const texts = (await alice.history('lobby')).map(({ text }) => text)
  expect(texts).toEqual(['before', 'said alone'])
})
