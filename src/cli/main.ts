/** The program `parley`. Runs when it is imported; `bin/parley.js` does that. */
import { readFileSync } from 'node:fs'

import { ParleyError } from '../rpc/errors.ts'
import { onBrokenPipe, reportError } from './output.ts'
import { runProgram } from './program.ts'

/** In the clone and in the package it is two folders up from where this file runs. */
const version = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const args = process.argv.slice(2)
// Also for arguments that cannot be parsed, so not left to the parser; what follows "--" is text.
const end = args.indexOf('--')
const wantsJson = (end < 0 ? args : args.slice(0, end)).includes('--json')

onBrokenPipe('exit')
process.once('SIGINT', () => {
  process.exit(reportError(new ParleyError('INTERRUPTED'), wantsJson))
})

try {
  await runProgram(args, version())
} catch (thrown) {
  process.exitCode = reportError(thrown, wantsJson)
}
