import { expect, onTestFinished, test } from 'vitest'

import { CheckedSignatures, type SignedText } from '../crypto/checked-signatures.ts'
import { Identity } from '../crypto/identity.ts'
import { nodeCrypto } from '../crypto/node-crypto.ts'
import { SignaturePool } from './signature-pool.ts'
import { until } from './test-nodes.suite.ts'

const signedTexts = (count: number): readonly SignedText[] => {
  const author = Identity.generate()
  return Array.from({ length: count }, (_, at) => {
    const text = `number ${at}`
    return { key: author.id, text, sig: author.sign(text) }
  })
}

const poolOf = (checked: CheckedSignatures): SignaturePool => {
  const pool = new SignaturePool(checked, (thrown) => {
    throw thrown
  })
  onTestFinished(() => pool.stop())
  return pool
}

test('what a thread has found good is believed once, and for that very text and key', async () => {
  const checked = new CheckedSignatures()
  const pool = poolOf(checked)
  const texts = signedTexts(100)
  await pool.check(texts)
  expect(checked.size).toBe(100)
  const [first, second] = texts as [SignedText, SignedText]
  const stranger = Identity.generate().id
  expect(checked.take(first.key, second.text, first.sig)).toBe(false)
  expect(checked.take(stranger, first.text, first.sig)).toBe(false)
  expect(checked.take(first.key, first.text, first.sig)).toBe(true)
  expect(checked.take(first.key, first.text, first.sig)).toBe(false)
  // A second check of it is made as ever.
  expect(nodeCrypto(Identity.generate(), checked).verify(first.key, first.text, first.sig)).toBe(
    true,
  )
})

test('what is forged is found good by no thread, and refused as ever', async () => {
  const checked = new CheckedSignatures()
  const forged = signedTexts(40).map((one) => ({ ...one, text: `${one.text}, altered` }))
  await poolOf(checked).check(forged)
  expect(checked.size).toBe(0)
  const crypto = nodeCrypto(Identity.generate(), checked)
  for (const { key, text, sig } of forged) expect(crypto.verify(key, text, sig)).toBe(false)
})

test('what nobody asks for is forgotten sooner or later', () => {
  const checked = new CheckedSignatures()
  const [one] = signedTexts(1) as [SignedText]
  for (let at = 0; at < 20_000; at += 1) checked.add({ ...one, key: `${at}` as SignedText['key'] })
  expect(checked.size).toBeLessThan(17_000)
})

test('threads that end leave nobody waiting', async () => {
  const checked = new CheckedSignatures()
  const pool = poolOf(checked)
  const checking = pool.check(signedTexts(2_000))
  await until('there are threads', () => pool.threads > 0)
  pool.stop()
  await checking
  await until('they have ended', () => pool.threads === 0)
  expect(pool.takes(1_000)).toBe(false)
})
