// The laboratory by key, in a terminal, and the moving picture of it in the README: made from the
// running program by `npm run pictures`.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { root } from '../tidy/source.ts'
import { useScene } from '../e2e/harness/scene.ts'
import { animationOf } from '../e2e/harness/svg.ts'
import { commandLine, TerminalServer, whyNoProgram } from '../e2e/harness/tmux.ts'

const scene = useScene()
const COLUMNS = 92

test(
  'a leader is killed, the network is split and healed, by key',
  { timeout: 120_000 },
  async ({ skip }) => {
    const why = whyNoProgram('tmux')
    if (why !== null) skip(why)
    const server = new TerminalServer(scene())
    const frames: string[] = []
    try {
      const terminal = await server.open('lab', { columns: COLUMNS, rows: 28 })
      const take = (): void => {
        frames.push(server.tmux('capture-pane', '-e', '-p', '-t', 'lab').replace(/\n+$/, ''))
      }
      terminal.enter(commandLine(['lab', '5']))
      await terminal.sees(/★ alice .*leader.* 5\/5/, 30_000)
      await terminal.sees(/heads: 1 /)
      take()
      terminal.type('1k')
      await terminal.sees(/★ bob .*leader.* 4\/5/)
      take()
      terminal.type('k')
      await terminal.sees(/alice .*follower.* 5\/5/)
      terminal.type('3s')
      await terminal.sees(/split: alice bob carol \| dave erin/)
      await terminal.sees(/★ dave .*leader.* 2\/5/)
      take()
      terminal.type('h')
      await terminal.sees(/★ bob .*leader.* 5\/5[\s\S]*heads: 1 /, 20_000)
      take()
      terminal.type('bq')
      await terminal.sees(/✓ nothing acknowledged is lost/, 30_000)
      expect(terminal.screen()).not.toContain('✗')
    } finally {
      server.end()
    }
    expect(frames).toHaveLength(4)

    writeFileSync(join(root, 'docs', 'images', 'lab.svg'), animationOf(frames, COLUMNS))
  },
)
