/** The price of security: encryption and signatures as shares of what a delivery costs. */
import { medianOf, type Outcome } from './benchmark.ts'
import { messagesText, SIZES } from './signatures.ts'

export const priceName = 'price'
/** The figures that it is made of. */
export const priceNeeds = [
  'signatures',
  'tls',
  'latency-3',
  'latency-10',
  'saturation-3',
  'saturation-10',
] as const

/** The batch that was measured and is most like those of so many messages. */
const sizeNear = (messages: number): string => {
  const near = SIZES.reduce((best, size) =>
    Math.abs(size - messages) < Math.abs(best - messages) ? size : best,
  )
  return messagesText(near)
}

type Figures = Outcome['figures']

const figureOf = (what: string, value: number, unit: string): Figures[number] => ({
  what,
  unit,
  values: [value],
})

/** Processor time of all signatures for a delivery, in µs. */
const signingOf = (
  outcomes: readonly Outcome[],
  members: number,
  { perBatch, perHead }: { readonly perBatch: number; readonly perHead: number },
): number => {
  const of = (what: string): number => medianOf(outcomes, 'signatures', what)
  const size = sizeNear(perBatch)
  // The author signs a batch; every member verifies it once, the author too when it comes back.
  const batches = (of(`sign ${size}`) + of(`verify ${size}`) * members) / perBatch
  const heads = (of('sign a head') + of('verify a head') * (members - 1)) / perHead
  return (batches + heads) / members
}

/** While the group does what it can. */
const underLoad = (outcomes: readonly Outcome[], members: number): Figures => {
  const group = `saturation-${members}`
  const of = (what: string): number => medianOf(outcomes, group, what)
  const delivery = of('processor time for a delivery')
  const signing = signingOf(outcomes, members, {
    perBatch: of('messages under one author’s signature'),
    perHead: of('messages under one leader’s signature'),
  })
  // Both ends of a link together, for each byte; the leader sends each message to all the others.
  const large = (way: string): number => medianOf(outcomes, 'tls', `${way} 64 KiB, both ends`)
  const bytes = of('bytes of a message with its share of the entry')
  const perByte = (large('TLS') - large('plain')) / 65_536
  const encrypting = perByte * bytes * ((members - 1) / members)
  const name = `N=${members}, saturated`
  return [
    figureOf(`${name}: a delivery`, delivery, 'µs'),
    figureOf(`${name}: signing and verifying`, signing, 'µs'),
    figureOf(`${name}: encrypting and decrypting`, encrypting, 'µs'),
    figureOf(`${name}: share of signatures`, (signing / delivery) * 100, '%'),
    figureOf(`${name}: share of encryption`, (encrypting / delivery) * 100, '%'),
  ]
}

/** Each message alone, under an author's and a leader's signature of its own. */
const atLeisure = (outcomes: readonly Outcome[], members: number): Figures => {
  const what = 'processor time for 1,000 deliveries'
  const delivery = medianOf(outcomes, `latency-${members}`, what)
  const signing = signingOf(outcomes, members, { perBatch: 1, perHead: 1 })
  const name = `N=${members}, 50 messages/s`
  return [
    figureOf(`${name}: a delivery`, delivery, 'µs'),
    figureOf(`${name}: signing and verifying`, signing, 'µs'),
    figureOf(`${name}: share of signatures`, (signing / delivery) * 100, '%'),
  ]
}

export const priceOf = (outcomes: readonly Outcome[]): Outcome => ({
  name: priceName,
  question: 'What share of the processor time of a delivery is signatures and encryption?',
  about:
    'Computed from the medians above: how many messages stood under a signature, what one ' +
    'costs, and the difference between TLS and plain links for so many bytes (in packets of ' +
    '64 KiB, the dearest case: small packets were no dearer with TLS). Handshakes are not in ' +
    'it. At 50 messages/s messages share nothing, and the processes have just started.',
  seconds: 0,
  figures: [3, 10].flatMap((members) => [
    ...atLeisure(outcomes, members),
    ...underLoad(outcomes, members),
  ]),
})
