// The programs that the README tells people to run.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { root } from '../tidy/source.ts'

interface Ended {
  readonly code: number | null
  readonly output: string
}

const run = (path: string, args: readonly string[], timeoutMs: number): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, path), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGINT',
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('close', (code) => resolve({ code, output }))
  })

test('the simulator runs a seed, the same way each time', async () => {
  const [first, second] = await Promise.all(
    [1, 2].map(() => run('sim/main.ts', ['--seed', '42'], 60_000)),
  )
  expect(first?.code, first?.output).toBe(0)
  const hashOf = (ended: Ended | undefined): string | undefined =>
    /"traceHash":"([0-9a-f]+)"/.exec(ended?.output ?? '')?.[1]
  expect(hashOf(first)).toBeDefined()
  expect(hashOf(second)).toBe(hashOf(first))
})
