// `npm test`: everything a fresh clone needs, then all checks, one stage after the other. Every
// stage runs even if an earlier one failed; the exit code tells whether all passed. `--no-e2e`
// leaves out the tests with real processes. The last line counts the tests.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ensureInstalled, orExplain, page, root } from './setup.mjs'

const SIM_RUNS = 60

const bin = (path) => join(root, 'node_modules', path)
const totals = { passed: 0, failed: 0, skipped: 0 }
const failedStages = []

/** Runs a program to its end; true if it ended well. */
function succeeds(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', (error) => {
      console.log(error.message)
      resolve(false)
    })
    child.on('exit', (code) => resolve(code === 0))
  })
}

async function stage(name, work) {
  console.log(`\n=== ${name}`)
  const startedAt = Date.now()
  const isGood = await work()
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  console.log(`=== ${name}: ${isGood ? 'ok' : 'FAILED'} (${seconds} s)`)
  if (!isGood) failedStages.push(name)
}

/** One vitest run, whose counts go into the totals. */
async function tests(node, folder, project) {
  const report = join(folder, `${project}.json`)
  const args = ['run', '--project', project, '--passWithNoTests', '--reporter=default']
  args.push('--reporter=json', `--outputFile.json=${report}`)
  const isGood = await succeeds(node, [bin('vitest/vitest.mjs'), ...args])
  let failed = 0
  if (existsSync(report)) {
    const counts = JSON.parse(readFileSync(report, 'utf8'))
    failed = counts.numFailedTests
    totals.passed += counts.numPassedTests
    totals.skipped += counts.numPendingTests + counts.numTodoTests
  }
  // A file that does not even load has no failed test to count, and still is a failure.
  totals.failed += isGood ? failed : Math.max(failed, 1)
  return isGood
}

async function allStages(node, folder, withE2e) {
  await stage('typecheck', () => succeeds(node, [bin('typescript/bin/tsc'), '-b']))
  await stage('page', () => succeeds(node, [bin('vite/bin/vite.js'), ...page]))
  await stage('lint', () => succeeds(node, [bin('oxlint/bin/oxlint')]))
  await stage('format', () => succeeds(node, [bin('oxfmt/bin/oxfmt'), '--check']))
  await stage('unit tests', () => tests(node, folder, 'unit'))
  await stage(`simulator, ${SIM_RUNS} seeds`, () =>
    succeeds(node, [join(root, 'sim/main.ts'), '--runs', String(SIM_RUNS)]),
  )
  if (!withE2e) return
  await stage('end-to-end tests, two at a time', () => tests(node, folder, 'e2e-together'))
  await stage('end-to-end tests, one at a time', () => tests(node, folder, 'e2e'))
}

await orExplain(async () => {
  const node = ensureInstalled()
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'))
  try {
    await allStages(node, folder, !process.argv.includes('--no-e2e'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log()
  if (failedStages.length > 0) {
    console.log(`Failed: ${failedStages.join('; ')}`)
    process.exitCode = 1
  }
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
})
