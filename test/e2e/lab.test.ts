// The laboratory plays the demonstration, and its exit code tells.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { useScene } from './harness/scene.ts'

const scene = useScene()

test('the demonstration ends as told, from the founding to split and merge', async () => {
  const { code, stdout, stderr, ms } = await scene().run(['lab', '5', '--script'])
  expect(code, `${stdout}${stderr}`).toBe(0)
  expect(stdout).not.toContain('✗')
  for (const promise of [
    'all that run have one leader and one head',
    'the same messages in the same order',
    'nothing acknowledged is lost',
    'one leader of each term and side',
  ])
    expect(stdout).toContain(`✓ ${promise}`)
  expect(ms).toBeLessThan(25_000)
})

test('what does not come true ends with exit 6, what is no scenario with exit 2', async () => {
  const play = async (text: string) => {
    const file = join(scene().folder, 'scenario.txt')
    writeFileSync(file, text)
    return scene().run(['lab', '--script', file, '--timeout-ms', '1000'])
  }
  const nonsense = await play('dance\n')
  expect([nonsense.code, nonsense.stderr]).toEqual([2, expect.stringContaining('what is "dance"')])
  const wrong = await play('nodes 1\n----\n1 follows 1\n')
  expect([wrong.code, wrong.stderr]).toEqual([6, expect.stringContaining('1 follows 1')])
})
