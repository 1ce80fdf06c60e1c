// The reference of the chat names every command there is, and none that is not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { chatCommands, paneCommands, type ChatCommand } from '../../src/view-model/commands.ts'
import { root } from './source.ts'

const chapter =
  readFileSync(join(root, 'docs', 'reference', 'cli.md'), 'utf8').split('## In the chat')[1] ?? ''
const [panes = '', plain = ''] = chapter.split('`--plain` chats line by line')

const named = (text: string): readonly string[] =>
  Array.from(text.matchAll(/`\/([a-z]+)/g), ([, name]) => name ?? '').toSorted()
const namesOf = (commands: readonly ChatCommand[]): readonly string[] =>
  commands.map(({ name }) => name).toSorted()

test('the commands of the chat with panes are those of its reference', () => {
  expect(named(panes)).toEqual(namesOf(paneCommands))
})

test('the commands of the chat line by line are those of its reference', () => {
  expect(named(plain)).toEqual(namesOf(chatCommands))
})
