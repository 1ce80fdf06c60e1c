// The key of a node: what is shown of it, and what it takes to use it.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { root } from '../tidy/source.ts'
import { report } from './harness/checks.ts'
import { readyOf } from './harness/process.ts'
import { useScene, type NodeReady } from './harness/scene.ts'

const scene = useScene()
const FINGERPRINT = /^(\d{5} ){5}\d{5}$/

test('parley status shows a fingerprint, and members show the same of each other', async () => {
  const members = await scene().group('lobby', ['alice', 'bob'])
  for (const member of members) {
    const { node } = await member.json<{ node: { fingerprint: string } }>('status')
    expect(node.fingerprint).toMatch(FINGERPRINT)
    expect((await member.run('status')).stdout).toContain(node.fingerprint)
    for (const other of members) {
      const { members: seen } = await other.call('members', { network: 'lobby' })
      const one = seen.find(({ id }) => id === member.ready.id)
      expect(one?.fingerprint).toBe(node.fingerprint)
    }
  }
})

const keyText = (name: string): string =>
  readFileSync(join(scene().folder, name, 'node-key.pem'), 'utf8')

test('with a passphrase file the key is locked, and does not open without', async () => {
  const alice = await scene().member('alice')
  expect(keyText('alice')).toContain('BEGIN PRIVATE KEY')
  await alice.kill('SIGTERM')
  const file = join(scene().folder, 'passphrase')
  writeFileSync(file, 'correct horse battery staple\n', { mode: 0o600 })
  const args = ['run', '--json', '--data-dir', alice.dataDir]
  const start = async (): Promise<string> => {
    const started = scene().start('alice', args, { env: { PARLEY_PASSPHRASE_FILE: file } })
    const { id } = await readyOf<NodeReady>(started)
    await started.kill('SIGTERM')
    return id
  }
  expect(await start()).toBe(alice.ready.id)
  expect(keyText('alice')).toContain('BEGIN PARLEY LOCKED PRIVATE KEY')
  expect(await start()).toBe(alice.ready.id)
  const codeOf = async (env: Record<string, string>): Promise<unknown> => {
    const started = scene().start('alice', args, { env })
    const { code } = await started.exit
    const { error } = JSON.parse(started.stderr()) as { error: { code: string } }
    return [code, error.code]
  }
  expect(await codeOf({})).toEqual([5, 'PASSPHRASE_NEEDED'])
  writeFileSync(file, 'something else')
  expect(await codeOf({ PARLEY_PASSPHRASE_FILE: file })).toEqual([5, 'PASSPHRASE_WRONG'])
  writeFileSync(file, '\n')
  expect(await codeOf({ PARLEY_PASSPHRASE_FILE: file })).toEqual([2, 'USAGE'])
})

/** Runs a command at a terminal and types an answer whenever one of the questions appears. */
const atTerminal = async (
  args: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
): Promise<string> => {
  const command = [process.execPath, join(root, 'bin', 'parley.js'), ...args].join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: scene().env })
  const left = [...answers]
  let shown = ''
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    const [next] = left
    if (next === undefined || !shown.includes(next[0])) return
    left.shift()
    child.stdin.write(`${next[1]}\r`)
  })
  await new Promise((resolve) => child.once('close', resolve))
  return shown
}

test('at a terminal it is asked for, and nothing of what is typed is shown', async ({ skip }) => {
  if (spawnSync('script', ['--version']).status !== 0) {
    if (process.env['CI'] === 'true') throw new Error('script is missing (package bsdutils)')
    report('skipped: script is not installed (package bsdutils)')
    skip()
  }
  const alice = await scene().member('alice')
  await alice.kill('SIGTERM')
  const at = ['--data-dir', alice.dataDir]
  const change = await atTerminal(
    ['passphrase', ...at],
    [
      ['New passphrase', 'hush-hush'],
      ['Once more', 'hush-hush'],
    ],
  )
  expect(change).toContain('The key is locked')
  expect(change).not.toContain('hush')
  expect(keyText('alice')).toContain('LOCKED')
  const wrong = await atTerminal(
    ['passphrase', ...at],
    [
      ['Passphrase of', 'hussh'],
      ['New passphrase', ''],
    ],
  )
  expect(wrong).toContain('PASSPHRASE_WRONG')
  const removed = await atTerminal(
    ['passphrase', ...at],
    [
      ['Passphrase of', 'hussh\u007f\u007fh-hush'],
      ['New passphrase', ''],
    ],
  )
  expect(removed).toContain('under no passphrase now')
  expect(keyText('alice')).toContain('BEGIN PRIVATE KEY')
})
