// Runs the transcripts in this folder. `UPDATE=1 npx vitest run --project unit scenarios` writes
// down what happens now: read the difference, and keep only what you understand.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { runScenario } from '../sim/scenario.ts'
import { parseScenario, printScenario } from '../src/core/scenario.ts'

const folder = import.meta.dirname

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.txt'))
  .toSorted()

for (const name of files)
  test(`scenario: ${name.replace('.txt', '').replaceAll('-', ' ')}`, () => {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const happened = printScenario(runScenario(parseScenario(text)))
    if (process.env['UPDATE'] === '1') writeFileSync(path, happened)
    else expect(happened).toBe(text)
  })
