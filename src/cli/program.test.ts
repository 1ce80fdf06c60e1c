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
