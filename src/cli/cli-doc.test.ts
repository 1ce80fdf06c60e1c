import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { manPage, withVerbs } from './cli-doc.ts'
import { completionScript, SHELLS } from './completion.ts'
import { makeProgram, specs } from './program.ts'

const program = makeProgram('0')

test('the reference of verbs is what the program says (rewrite it with: vitest -u)', async () => {
  const page = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8')
  await expect(withVerbs(page, program)).toMatchFileSnapshot('../../docs/reference/cli.md')
})

test('so is the manual page', async () => {
  await expect(manPage(program)).toMatchFileSnapshot('../../docs/reference/parley.1')
})

test('every verb has examples that it is called in', () => {
  for (const { usage, examples } of specs) {
    const [verb = ''] = usage.split(' ')
    for (const example of examples)
      expect(example, verb).toMatch(new RegExp(`parley .*${verb}|parley ${verb}`))
  }
})

const hasShell = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

test.each(SHELLS)('the completion script is one that %s can read', (shell) => {
  const script = completionScript(program, shell)
  for (const { usage } of specs) expect(script).toContain(usage.split(' ')[0])
  if (!hasShell(shell)) return
  const folder = mkdtempSync(join(tmpdir(), 'parley-completion-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'script')
  writeFileSync(file, script)
  const flag = shell === 'fish' ? '--no-execute' : '-n'
  const { status, stderr } = spawnSync(shell, [flag, file], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

/** What bash would offer for the last of these words. */
const offered = (...words: readonly string[]): readonly string[] => {
  const script = [
    completionScript(program, 'bash'),
    'parley() { printf "lobby\\nfront hall\\n"; }',
    `COMP_WORDS=(parley ${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length}`,
    '_parley',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ]
  const { stdout } = spawnSync('bash', ['-c', script.join('\n')], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => line !== '')
}

test('bash offers verbs, options, networks and the few words that fit', () => {
  expect(offered('se')).toEqual(['send', 'search'])
  expect(offered('send', '--w')).toEqual(['--wait'])
  expect(offered('send', 'lo')).toEqual(['lobby'])
  expect(offered('send', 'fr')).toEqual(['front hall'])
  expect(offered('completion', 'f')).toEqual(['fish'])
  expect(offered('role', 'lobby', 'bob', 'a')).toEqual(['admin'])
  expect(offered('nonsense', 'x')).toEqual([])
})
