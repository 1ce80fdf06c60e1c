/** The price of security: encryption and signatures as shares of what a delivery costs. */
import { medianOf, type Outcome } from './benchmark.ts'
import { messagesText, SIZES } from './signatures.ts'

export const priceName = 'price'
/** The figures that it is made of. */
export const priceNeeds = ['tls', 'signatures', 'saturation-3', 'saturation-10'] as const

/** The batch that was measured and is most like those of so many messages. */
const sizeNear = (messages: number): string => {
  const near = SIZES.reduce((best, size) =>
    Math.abs(size - messages) < Math.abs(best - messages) ? size : best,
  )
  return messagesText(near)
}

const shareIn = (outcomes: readonly Outcome[], members: number): Outcome['figures'] => {
  const of = (name: string, what: string): number => medianOf(outcomes, name, what)
  const group = `saturation-${members}`
  const delivery = of(group, 'processor time for a delivery')
  const perBatch = of(group, 'messages under one author’s signature')
  const perHead = of(group, 'messages under one leader’s signature')
  const bytes = of(group, 'bytes of a message with its share of the entry')
  const size = sizeNear(perBatch)
  // The author signs a batch; every member verifies it once, the author too when it comes back.
  const sign = of('signatures', `sign ${size}`)
  const batches = (sign + of('signatures', `verify ${size}`) * members) / perBatch
  const verifyHeads = of('signatures', 'verify a head') * (members - 1)
  const heads = (of('signatures', 'sign a head') + verifyHeads) / perHead
  const signing = (batches + heads) / members
  // Both ends of a link together, for each byte; the leader sends each message to all the others.
  const large = of('tls', 'TLS 64 KiB, both ends') - of('tls', 'plain 64 KiB, both ends')
  const encrypting = (large / 65_536) * bytes * ((members - 1) / members)
  const figure = (what: string, value: number, unit: string) => ({ what, unit, values: [value] })
  return [
    figure(`N=${members}: processor time for a delivery`, delivery, 'µs'),
    figure(`N=${members}: of that, signing and verifying`, signing, 'µs'),
    figure(`N=${members}: of that, encrypting and decrypting`, encrypting, 'µs'),
    figure(`N=${members}: share of signatures`, (signing / delivery) * 100, '%'),
    figure(`N=${members}: share of encryption`, (encrypting / delivery) * 100, '%'),
  ]
}

export const priceOf = (outcomes: readonly Outcome[]): Outcome => ({
  name: priceName,
  question: 'What share of the cost of a delivery at saturation is signatures and encryption?',
  about:
    'Computed from the medians above: how many messages stood under a signature in the ' +
    'saturated group, ' +
    'what one costs, and the difference of TLS and plain links for so many bytes (at 64 ' +
    'KiB a packet, ' +
    'which is the dearest case: small packets were cheaper with TLS). Handshakes are not in it.',
  seconds: 0,
  figures: [...shareIn(outcomes, 3), ...shareIn(outcomes, 10)],
})
