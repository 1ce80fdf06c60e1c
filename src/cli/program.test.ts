import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { runProgram } from './program.ts'

test.each([
  ['sned', 'Did you mean parley send?'],
  ['statsu', 'Did you mean parley status?'],
  ['frobnicate', 'parley --help lists the verbs.'],
])('%s is no verb', async (word, hint) => {
  await expect(runProgram([word, 'lobby'], '0')).rejects.toMatchObject({
    code: 'USAGE',
    message: `There is no verb ${word}`,
    hint,
  })
})

test('an id that begins with a dash is an id', async () => {
  const id = `-${'E'.repeat(42)}`
  const dataDir = join(tmpdir(), 'no-node-lives-here')
  for (const args of [
    ['kick', 'lobby', id],
    ['members', id],
  ])
    await expect(runProgram([...args, '--data-dir', dataDir], '0')).rejects.toMatchObject({
      code: 'NO_NODE',
    })
})
