// A split as somebody in front of a terminal sees it: five hosts, and a chat on one of the two that
// are cut off.
import { afterEach, beforeEach, expect, test } from 'vitest'

import { commandLine, TerminalServer, whyNoProgram } from '../harness/tmux.ts'
import * as h from './hosts.ts'

const hosts = h.useHosts('test')
let server: TerminalServer

beforeEach(({ skip }) => {
  const why = whyNoProgram('tmux')
  if (why !== null) skip(why)
  server = new TerminalServer(hosts().scene)
})

afterEach(() => server.end())

test('cut off with one other: the banner says so, one writes on, all comes together', async () => {
  const members = await h.groupOn(hosts())
  const [, , , , last] = members
  const { lan, hosts: all } = hosts()
  await h.sayAndStore(members, 'before')
  const chat = await server.open('chat', { columns: 100, rows: 30 })
  chat.enter(commandLine(['--data-dir', last.dataDir]))
  await chat.sees(/5 of 5 active/)

  lan.moveTo('br1', all.slice(3))
  await chat.sees(/You are cut off with 2 of 5 since \d\d:\d\d, still writable/, 30_000)
  const other = members[3].name
  await chat.sees(new RegExp(`★ ${other} {2}2 of 5 active`), 30_000)
  chat.enter('we are two')
  await chat.sees(/we are two {2}✓ 2\/2/)
  await h.sayAndStore(members.slice(0, 3), 'we are three')

  lan.moveTo('br0', all.slice(3))
  const names = members.slice(0, 3).map(({ name }) => name)
  const merged = await chat.sees(/history re-joined: 3 messages from /, 30_000)
  for (const name of names) expect(merged).toContain(name)
  await chat.sees(new RegExp(`★ ${members[0].name} {2}5 of 5 active`), 30_000)
  // The banner below the header is gone; the line in the conversation stays.
  expect(chat.screen().split('\n')[1]).not.toContain('cut off')
  expect(chat.screen()).toContain('everybody is there again')
  chat.enter('/merge')
  await chat.sees(/▸│ we are three/)
  await chat.escape()
  // What was written here is still there, after what came in.
  const screen = await chat.sees(/we are two {2}✓/)
  expect(screen.indexOf('we are three')).toBeLessThan(screen.indexOf('we are two'))
  chat.enter('/quit')
  await chat.sees(/[$#] *$/)
})
