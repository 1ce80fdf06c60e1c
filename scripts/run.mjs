// Runs one of the project's programs from its source, on the right Node and with everything
// prepared: `node scripts/run.mjs [--build] sim/main.ts --seed 42`. With --build the compiled
// `bin/parley.js` is ready as well.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { ensureBuilt, ensureInstalled, orExplain, root, SetupError } from './setup.mjs'

await orExplain(() => {
  const args = process.argv.slice(2)
  const wantsBuild = args[0] === '--build'
  if (wantsBuild) args.shift()
  const [program, ...rest] = args
  const path = join(root, program ?? '')
  if (!program || !existsSync(path)) throw new SetupError(`There is no program ${program ?? ''}.`)
  const node = wantsBuild ? ensureBuilt() : ensureInstalled()
  if (node === process.execPath) {
    process.argv = [node, path, ...rest]
    return import(pathToFileURL(path).href)
  }
  const child = spawn(node, [path, ...rest], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // Ctrl-C in a terminal reaches the child too: passing it on would make it two.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
  return undefined
})
