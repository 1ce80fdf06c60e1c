import { expect, test } from 'vitest'

import { ParleyError } from '../rpc/errors.ts'
import { servicesOf } from './replicas.ts'

const now = (): number => 0
const down = new ParleyError('UNREACHABLE')

test('addresses with one key are one service', () => {
  const urls = ['https://a#KEY', 'https://b#OTHER', 'https://c#KEY', 'https://d', 'https://e']
  const services = servicesOf([...urls, 'https://a#KEY'], Math.random)
  expect(services.map((one) => one.urls)).toEqual([
    ['https://a#KEY', 'https://c#KEY'],
    ['https://b#OTHER'],
    ['https://d'],
    ['https://e'],
  ])
})

test('the replica that answers is asked until it does not', async () => {
  const [service] = servicesOf(['https://a#K', 'https://b#K', 'https://c#K'], () => 0)
  if (service === undefined) throw new Error('no service')
  const dead = new Set(['https://a#K'])
  const asked: string[] = []
  const ask = () =>
    service.ask(async (url) => {
      asked.push(url.slice(8, 9))
      if (dead.has(url)) throw down
      return 'well'
    }, now)
  expect(await ask()).toEqual({ url: 'https://b#K', ok: true, result: 'well' })
  await ask()
  expect(asked.join('')).toBe('abb')
  dead.delete('https://a#K')
  dead.add('https://b#K')
  await ask()
  expect(asked.join('')).toBe('abbbc')
  for (const url of service.urls) dead.add(url)
  expect(await ask()).toMatchObject({ ok: false, error: { code: 'UNREACHABLE' } })
  expect(asked.join('')).toBe('abbbccab')
  expect(service.waitMs(0)).toBe(1_000)
})

test('an answer that is a refusal is an answer', async () => {
  const [service] = servicesOf(['https://a#K', 'https://b#K'], () => 0)
  const outcome = await service?.ask(async (url) => {
    throw new ParleyError('NAME_TAKEN', url)
  }, now)
  expect(outcome).toMatchObject({ url: 'https://a#K', error: { code: 'NAME_TAKEN' } })
  expect(service?.waitMs(0)).toBe(0)
})
