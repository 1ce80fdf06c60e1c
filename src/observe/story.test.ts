// Several logs as one story.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync, appendFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'

import { LogReader } from './log-files.ts'
import { isWantedLine, readLogLine, type LogLine } from './log-line.ts'
import { mergeLogs } from './story.ts'

const textOf = (facts: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ level: 'info', time: '2026-01-01T00:00:00.000Z', group: 'g', ...facts })

const line = (name: string, at: number, facts: Readonly<Record<string, unknown>> = {}): LogLine => {
  const time = new Date(1_000_000 + at).toISOString()
  const read = readLogLine(
    textOf({ time, name, node: `${name}-id`, msg: `${name} ${at}`, ...facts }),
  )
  if (read === null) throw new Error('not a line')
  return read
}

const told = (lines: readonly LogLine[]): readonly string[] => lines.map(({ text }) => text)

test('in one group the Lamport clock goes before clocks on walls that differ', () => {
  const early = [line('alice', 9_000, { clock: 4 }), line('alice', 9_010, { clock: 6 })]
  const late = [line('bob', 10, { clock: 5 }), line('bob', 20, { clock: 7 })]
  expect(told(mergeLogs([early, late]))).toEqual(['alice 9000', 'bob 10', 'alice 9010', 'bob 20'])
})

test('nothing is told before what it follows from, whatever the clocks say', () => {
  const bob = [line('bob', 9_000, { clock: 4, act: 'round bob 1', msg: 'asks' })]
  const carol = [line('carol', 10, { clock: 4, cause: 'round bob 1', msg: 'votes' })]
  expect(told(mergeLogs([carol, bob]))).toEqual(['asks', 'votes'])
})

test('causes that nobody wrote down, and circles, hold up nothing', () => {
  const alice = [line('alice', 1, { cause: 'unknown' }), line('alice', 2, { cause: 'b', act: 'a' })]
  const bob = [line('bob', 3, { cause: 'a', act: 'b' })]
  expect(mergeLogs([alice, bob])).toHaveLength(3)
})

test('what a node wrote stays in its order, and nothing is lost', () => {
  const fact = fc.record({ at: fc.nat(50), clock: fc.nat(9), act: fc.nat(5), cause: fc.nat(5) })
  fc.assert(
    fc.property(fc.array(fc.array(fact, { maxLength: 12 }), { maxLength: 4 }), (nodes) => {
      const logs = nodes.map((facts, node) =>
        facts.map(({ at, clock, act, cause }, index) =>
          line(`n${node}`, at, {
            clock,
            act: `${act}`,
            cause: `${cause}`,
            msg: `${node} ${index}`,
          }),
        ),
      )
      const story = mergeLogs(logs)
      for (const [node, lines] of logs.entries())
        expect(told(story.filter(({ name }) => name === `n${node}`))).toEqual(told(lines))
    }),
  )
})

test('filters take names, ids and their beginnings', () => {
  const one = line('alice', 1, { group: 'abcdef', network: 'lobby', messages: ['0189-x'] })
  expect(isWantedLine(one, { group: 'lobby', node: 'alice', message: '0189' })).toBe(true)
  expect(isWantedLine(one, { group: 'abc', node: 'alice-i', level: 'info' })).toBe(true)
  expect(isWantedLine(one, { level: 'warn' })).toBe(false)
  expect(isWantedLine(one, { message: 'f' })).toBe(false)
})

test('files are read on in the order of their numbers, half lines when they have ended', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-logs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  writeFileSync(join(logs, 'node.10.log'), `${textOf({ msg: 'ten' })}\n{"level":"in`)
  writeFileSync(join(logs, 'node.9.log'), `${textOf({ msg: 'nine' })}\nno line\n`)
  const reader = new LogReader(folder)
  expect(told(reader.take())).toEqual(['nine', 'ten'])
  appendFileSync(join(logs, 'node.10.log'), `fo","time":"2026-01-01","msg":"more"}\n`)
  expect(told(reader.take())).toEqual(['more'])
  expect(() => new LogReader(join(folder, 'none')).take()).toThrow('There is no')
})
