/** What becomes of a good text on its way through the hands of somebody who means no good. */
import type { Prng } from '../../src/core/prng.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const upTo = (prng: Prng, count: number): number => Math.floor(prng.next() * count)

const oneOf = <T>(prng: Prng, list: readonly T[]): T | undefined => list[upTo(prng, list.length)]

const deep = (depth: number): Json => {
  let value: Json = 1
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** Values that have broken programs before. */
const strange = (prng: Prng): Json => {
  const values: readonly (() => Json)[] = [
    () => null,
    () => true,
    () => 0,
    () => -1,
    () => 0.5,
    () => -0,
    () => 1e308,
    () => Number.MAX_SAFE_INTEGER + 1,
    () => '',
    () => '\ud800',
    () => '\u0000\u001b[2J\u202e',
    () => '__proto__',
    () => 'x'.repeat(upTo(prng, 70_000)),
    () => 'A'.repeat(43),
    () => [],
    () => ({}),
    () => Array.from({ length: upTo(prng, 5_000) }, () => 0),
    () => Array.from({ length: upTo(prng, 300) }, () => ({ a: [] })),
    () =>
      JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as Json,
    () => deep(upTo(prng, 120)),
  ]
  return oneOf(prng, values)?.() ?? null
}

interface Place {
  readonly holder: Json[] | { [key: string]: Json }
  readonly key: string | number
}

/** Every place in a value that holds another. */
const placesOf = (value: Json): readonly Place[] => {
  if (typeof value !== 'object' || value === null) return []
  const here: Place[] = Array.isArray(value)
    ? value.map((_, key) => ({ holder: value, key }))
    : Object.keys(value).map((key) => ({ holder: value, key }))
  const inner = Array.isArray(value) ? value : Object.values(value)
  return [...here, ...inner.flatMap(placesOf)]
}

const get = ({ holder, key }: Place): Json =>
  (holder as { [key: string]: Json })[key as string] ?? null

const put = ({ holder, key }: Place, value: Json): void => {
  ;(holder as { [key: string]: Json })[key as string] = value
}

/** Changes one place of the value: another value, one from elsewhere, one missing, one too many. */
const changeOne = (prng: Prng, value: Json): void => {
  const places = placesOf(value)
  const place = oneOf(prng, places)
  const other = oneOf(prng, places)
  if (place === undefined || other === undefined) return
  const { holder, key } = place
  switch (upTo(prng, 6)) {
    case 0:
      put(place, strange(prng))
      return
    case 1:
      put(place, structuredClone(get(other)))
      return
    case 2:
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete holder[key as string]
      return
    case 3:
      if (Array.isArray(holder)) holder.push(...structuredClone(holder))
      else holder[oneOf(prng, ['more', '__proto__', 'toString', '']) ?? ''] = strange(prng)
      return
    case 4: {
      const text = get(place)
      if (typeof text === 'string')
        put(place, `${text.slice(1)}${oneOf(prng, ['A', '=', 'é', ''])}`)
      else if (typeof text === 'number') put(place, text + oneOf(prng, [1, -1, 0.5, 2 ** 53])!)
      return
    }
    default:
      put(place, [get(place)])
  }
}

/** Changes bytes without knowing what they mean. */
const changeBytes = (prng: Prng, bytes: Buffer): Buffer => {
  const at = upTo(prng, bytes.length + 1)
  switch (upTo(prng, 5)) {
    case 0:
      return bytes.subarray(0, at)
    case 1: {
      const flipped = Buffer.from(bytes)
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << upTo(prng, 8))
      return flipped
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(upTo(prng, bytes.length))])
    case 3: {
      const noise = Buffer.from(Array.from({ length: 1 + upTo(prng, 8) }, () => upTo(prng, 256)))
      return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)])
    }
    default:
      return Buffer.concat([bytes, bytes])
  }
}

/** A text as it was, changed in meaning a few times, or changed as bytes. */
export const mutate = (prng: Prng, text: string): Buffer => {
  const how = upTo(prng, 20)
  if (how === 0) return Buffer.from(text)
  if (how < 6) return changeBytes(prng, Buffer.from(text))
  const value = JSON.parse(text) as Json
  const times = 1 + upTo(prng, 3)
  for (let time = 0; time < times; time += 1) changeOne(prng, value)
  return Buffer.from(JSON.stringify(value))
}
