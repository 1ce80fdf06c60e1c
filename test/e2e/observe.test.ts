// Seeing inside: one message's trace through five processes, a fail-over in everybody's logs, and
// what Prometheus reads.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { root } from '../tidy/source.ts'
import { startCollector, type Span } from './harness/collector.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin']
const SECRET = 'nobody-else-may-read-this'

const byName = (spans: readonly Span[], name: string): readonly Span[] =>
  spans.filter((span) => span.name === name)

/** The parts of one message's trace, once all of them are in. */
const expectWholeTrace = async (spans: readonly Span[], id: string): Promise<void> => {
  const traceId = id.replaceAll('-', '')
  const ofTrace = (): readonly Span[] => spans.filter((span) => span.traceId === traceId)
  await until('the trace is whole', () => ofTrace().length === 7)
  const all = ofTrace()
  const [whole] = byName(all, 'message')
  const [sent] = byName(all, 'send')
  const [sequenced] = byName(all, 'sequence')
  const stored = byName(all, 'store')
  expect([whole?.by, sent?.by, sequenced?.by]).toEqual(['carol', 'carol', 'alice'])
  expect(stored.map(({ by }) => by).toSorted()).toEqual(['bob', 'carol', 'dave', 'erin'])
  expect(sent?.parentSpanId).toBe(whole?.spanId)
  expect(sequenced?.parentSpanId).toBe(sent?.spanId)
  for (const span of stored) {
    expect(span.parentSpanId).toBe(sequenced?.spanId)
    // All of it happens before the author knows that all have it (one machine has one clock).
    expect(Number(span.endTimeUnixNano)).toBeLessThanOrEqual(Number(whole?.endTimeUnixNano))
  }
}

interface Told {
  readonly name: string
  readonly event: string
  readonly msg: string
}

const storyOf = async (members: readonly Member[], ...args: readonly string[]) => {
  const folders = members.map(({ dataDir }) => dataDir)
  const { stdout, code } = await scene().run(['logs', '--json', ...args, ...folders])
  expect(code).toBe(0)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told)
}

/** Suspicion, candidacy, votes, the new term, who follows it: in this order, across all nodes. */
const expectFailOver = async (members: readonly Member[]): Promise<void> => {
  const story = await storyOf(members, '--group', 'lobby')
  const at = (name: string, event: string, from = 0): number => {
    const index = story.findIndex(
      (line, place) => place >= from && line.name === name && line.event === event,
    )
    expect(index, `${name} ${event} after ${from}`).toBeGreaterThanOrEqual(0)
    return index
  }
  const suspicion = at('bob', 'suspicion')
  expect(story[suspicion]?.msg).toBe('suspects alice')
  const candidacy = at('bob', 'candidacy', suspicion)
  const opened = at('bob', 'appends-open', candidacy)
  for (const name of ['carol', 'dave', 'erin']) {
    const vote = at(name, 'vote', candidacy)
    expect(vote).toBeLessThan(opened)
    at(name, 'follower', at(name, 'stores-open', opened))
  }
  at('bob', 'leader', opened)
}

const metricsOf = async (member: Member): Promise<string> => {
  const { metrics } = member.ready as unknown as { readonly metrics: string }
  return (await fetch(`http://${metrics}/metrics`)).text()
}

test('a message’s trace, and a fail-over in the logs of all, through five processes', async () => {
  const collector = await startCollector()
  const args = ['--otlp', collector.url, '--log-level', 'debug', '--metrics', '127.0.0.1:0']
  const members = await scene().group('lobby', NAMES, { args })
  const [alice, bob, carol] = members
  if (alice === undefined || bob === undefined || carol === undefined)
    throw new Error('nobody is there')
  const { message } = await carol.call('send', { network: 'lobby', text: SECRET, wait: 'all' })
  await expectWholeTrace(collector.spans, message.id)

  // The same without any collector: members are asked, whoever asks.
  const { way } = await alice.json<{
    way: readonly { readonly what: string; readonly by: string; readonly via: readonly string[] }[]
  }>('trace', message.id)
  expect(way.slice(0, 2).map(({ what, by }) => `${what} ${by}`)).toEqual([
    'typed carol',
    'sent carol',
  ])
  expect(way.map(({ what, by }) => `${what} ${by}`).toSorted()).toEqual([
    'appended alice',
    'sent carol',
    ...['bob', 'carol', 'dave', 'erin'].map((name) => `stored ${name}`),
    'typed carol',
  ])
  expect(way.flatMap(({ via }) => via)).toEqual([])

  const told = await storyOf(members, '--message', message.id)
  expect(told.map(({ name, event }) => `${name} ${event}`)[0]).toBe('alice appends-message')
  expect(told.map(({ name }) => name).toSorted()).toEqual(NAMES)

  await alice.kill()
  await allAgree(members.slice(1), 'lobby', { count: 1 })
  await expectFailOver(members)
  // The most senior survivor suspects for certain; others may hear of its candidacy first.
  const numbers = await metricsOf(bob)
  expect(numbers).toContain('parley_messages_total{group="lobby"} 1')
  expect(numbers).toContain('parley_decisions_total{group="lobby",what="suspicions"} 1')
  expect(numbers).not.toContain(SECRET)

  for (const { dataDir } of members) {
    const folder = join(dataDir, 'logs')
    const text = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
    const { token } = existsSync(join(dataDir, 'node.json'))
      ? (JSON.parse(readFileSync(join(dataDir, 'node.json'), 'utf8')) as { token: string })
      : { token: 'none' }
    expect(text).toContain(message.id)
    expect(text).not.toContain(SECRET)
    expect(text).not.toContain(token)
    expect(text).not.toMatch(/PRIVATE KEY|"(secret|token|passphrase|private)[^"]*":/i)
  }
})

const has = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)))

const isThere = has('prometheus') && has('promtool')
if (!isThere && process.env['CI'] !== 'true') console.log('skipped: prometheus is not installed')

const ran = (program: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(out) : reject(new Error(out))))
  })

interface Answer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

test.skipIf(!isThere && process.env['CI'] !== 'true')(
  'Prometheus scrapes nodes, and knows every number that dashboard and alerts ask for',
  async () => {
    const rules = join(root, 'deploy', 'prometheus', 'parley.rules.yml')
    await ran('promtool', ['check', 'rules', rules])
    const args = ['--metrics', '127.0.0.1:0']
    const members = await scene().group('lobby', ['alice', 'bob'], { args })
    const [alice, bob] = members
    if (alice === undefined || bob === undefined) throw new Error('nobody is there')
    await bob.call('send', { network: 'lobby', text: 'hello', wait: 'all' })
    const targets = members.map(
      ({ ready }) => (ready as unknown as { readonly metrics: string }).metrics,
    )
    const config = join(scene().folder, 'prometheus.yml')
    writeFileSync(
      config,
      JSON.stringify({
        global: { scrape_interval: '200ms', evaluation_interval: '200ms' },
        rule_files: [rules],
        scrape_configs: [{ job_name: 'parley', static_configs: [{ targets }] }],
      }),
    )
    const port = 20_000 + (process.pid % 20_000)
    const storage = `--storage.tsdb.path=${join(scene().folder, 'tsdb')}`
    const listen = `--web.listen-address=127.0.0.1:${port}`
    const prometheus = spawn('prometheus', [`--config.file=${config}`, storage, listen], {
      stdio: 'ignore',
    })
    try {
      const query = async (text: string): Promise<Answer['data']['result']> => {
        const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`
        return ((await (await fetch(url)).json()) as Answer).data.result
      }
      await until('both are scraped', async () => (await query('up == 1')).length === 2, 20_000)
      const delivered = await query('sum(parley_messages_total{group="lobby"})')
      expect(delivered[0]?.value[1]).toBe('2')
      const known = (await Promise.all(members.map(metricsOf))).join('\n')
      const board = readFileSync(join(root, 'deploy', 'grafana', 'parley.json'), 'utf8')
      const asked = `${board}${readFileSync(rules, 'utf8')}`.match(/\bparley_[a-z_]+/g) ?? []
      const families = [...known.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '')
      const named = new Set(asked.map((name) => name.replace(/_(bucket|sum|count)$/, '')))
      expect(named.size).toBeGreaterThan(12)
      expect([...named].filter((name) => !families.includes(name))).toEqual([])
    } finally {
      prometheus.kill('SIGKILL')
    }
  },
)
