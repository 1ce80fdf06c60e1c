import { decode, encode, type Answer, type Packet } from 'dns-packet'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { GroupId } from '../../core/ids.ts'
import { limits } from '../../core/limits.ts'
import {
  asksForUs,
  newsOf,
  ndsUrlOf,
  recordsOf,
  SERVICE,
  type Announcement,
} from './lan-records.ts'

const id = (letter: string): string => letter.repeat(43)
const group = (letter: string, name: string) => ({ id: id(letter) as GroupId, name })

const alice: Announcement = {
  kind: 'node',
  id: id('a'),
  addresses: ['192.168.1.20:7411', '[fd00::20]:7411'],
  groups: [group('g', 'lobby'), group('h', '部屋 👋 : =')],
  hasMore: false,
}

/** What arrives of records that are sent. */
const sent = (answers: Answer[]): Answer[] =>
  decode(encode({ type: 'response', answers } satisfies Packet)).answers ?? []

const heard = (answers: Answer[], sender = '192.168.1.20') => newsOf(sent(answers), sender)

test('what one node tells, the other hears', () => {
  expect(heard(recordsOf(alice))).toEqual([{ kind: 'here', announcement: alice, ttlMs: 120_000 }])
  expect(heard(recordsOf(alice, true))).toEqual([{ kind: 'gone', id: alice.id }])
})

test('the address that the packet came from is dialled first', () => {
  const [news] = heard(recordsOf(alice), 'fd00::20')
  expect(news).toMatchObject({
    announcement: { addresses: ['[fd00::20]:7411', '192.168.1.20:7411'] },
  })
})

test('more groups than fit into a packet: as many as do, and that there are more', () => {
  const groups = Array.from({ length: 100 }, (_, at) => group('g', `group ${at} ${'x'.repeat(40)}`))
  const bytes = encode({ type: 'response', answers: recordsOf({ ...alice, groups }) })
  expect(bytes.byteLength).toBeLessThan(1_400)
  const [news] = heard(recordsOf({ ...alice, groups }))
  expect(news).toMatchObject({ kind: 'here', announcement: { hasMore: true } })
  if (news?.kind !== 'here') throw new Error('nobody is here')
  expect(news.announcement.groups.length).toBeGreaterThan(4)
  expect(groups).toEqual(expect.arrayContaining([...news.announcement.groups]))
})

test('a discovery service is found with its key', () => {
  const service = { ...alice, kind: 'nds' as const, groups: [] }
  const [news] = heard(recordsOf(service))
  if (news?.kind !== 'here') throw new Error('nobody is here')
  expect(ndsUrlOf(news.announcement)).toBe(`https://192.168.1.20:7411#${id('a')}`)
})

/** Records like Alice's with other texts. */
const withTexts = (texts: readonly string[]): Answer[] =>
  recordsOf(alice).map((record) =>
    record.type === 'TXT' ? { ...record, data: texts.map((text) => Buffer.from(text)) } : record,
  )

test.each([
  ['another format', ['v=2', 'k=node', `id=${id('a')}`, 'a=10.0.0.1:1']],
  ['another id than that of its name', ['v=1', 'k=node', `id=${id('b')}`, 'a=10.0.0.1:1']],
  ['no id', ['v=1', 'k=node', 'a=10.0.0.1:1']],
  ['something else than a node', ['v=1', 'k=printer', `id=${id('a')}`, 'a=10.0.0.1:1']],
  ['no address', ['v=1', 'k=node', `id=${id('a')}`, 'a=nowhere', 'a=10.0.0.1:0']],
])('who announces %s is not heard', (_, texts) => {
  expect(heard(withTexts(texts))).toEqual([])
})

test('groups with odd ids or names that hide something are left out', () => {
  const odd = ['g=short:lobby', `g=${id('g')}lobby`, `g=${id('g')}:`, `g=${id('g')}:a\u202eb`]
  const texts = ['v=1', 'k=node', `id=${id('a')}`, 'a=10.0.0.1:1', ...odd, `g=${id('h')}:fine`]
  const [news] = heard(withTexts(texts))
  expect(news).toMatchObject({ announcement: { groups: [group('h', 'fine')] } })
})

test('whatever is announced, what is taken of it is bounded', () => {
  const many = (key: string, value: string) => Array.from({ length: 200 }, () => `${key}=${value}`)
  const head = ['v=1', 'k=node', `id=${id('a')}`]
  const [news] = newsOf(
    withTexts([...head, ...many('a', '10.0.0.1:1'), ...many('g', `${id('g')}:lobby`)]),
    '10.0.0.1',
  )
  if (news?.kind !== 'here') throw new Error('nobody is here')
  expect(news.announcement.addresses).toHaveLength(limits.addresses)
  expect(news.announcement.groups.length).toBeLessThanOrEqual(32)
})

test('odd records raise nothing', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom(SERVICE, `${id('a')}.${SERVICE}`))
  const data = fc.oneof(text, fc.array(fc.uint8Array().map((bytes) => Buffer.from(bytes))))
  const type = fc.constantFrom('PTR', 'TXT', 'SRV', 'A')
  const record = fc.record({ name: text, type, ttl: fc.nat(), data })
  fc.assert(
    fc.property(fc.array(record), text, (records, sender) => {
      expect(Array.isArray(newsOf(records as Answer[], sender))).toBe(true)
    }),
  )
})

test('only questions for Parley, or for what there is, are answered', () => {
  expect(asksForUs([{ name: SERVICE.toUpperCase(), type: 'PTR' }])).toBe(true)
  expect(asksForUs([{ name: '_services._dns-sd._udp.local', type: 'ANY' }])).toBe(true)
  expect(asksForUs([{ name: '_ipp._tcp.local', type: 'PTR' }])).toBe(false)
  expect(asksForUs([{ name: SERVICE, type: 'A' }])).toBe(false)
})
