/** Multicast DNS on one network card. */
import { BlockList, isIPv4 } from 'node:net'

import type { Answer } from 'dns-packet'
import multicastDns from 'multicast-dns'

import type { Interfaces } from './own-addresses.ts'
import { asksForUs, SERVICE } from './lan-records.ts'

/** A card that takes part: by its IPv4 address, or where there is none by its scope. */
export interface Card {
  readonly key: string
  readonly name: string
  readonly address: string
  /** The network of an IPv4 address, `10.0.0.5/24`; null where IPv6 is spoken. */
  readonly cidr: string | null
}

export interface CardOptions {
  /** What is told now; empty for nothing. */
  readonly records: () => Answer[]
  readonly onAnswers: (answers: readonly Answer[], sender: string) => void
  readonly onReady: () => void
  readonly onFault: (error: Error) => void
}

/** Cards of one machine that take part. */
const MAX_CARDS = 16
/** No record is multicast more often: RFC 6762, section 6. */
const TELL_MS = 1_000

/** Each card once for every IPv4 network on it, else by IPv6. */
export const cardsOf = (interfaces: Interfaces): readonly Card[] =>
  Object.entries(interfaces)
    .flatMap(([name, infos = []]): readonly Card[] => {
      const outer = infos.filter(({ internal }) => !internal)
      const four = outer.filter(({ family }) => family === 'IPv4')
      if (four.length > 0)
        return four.map(({ address, cidr }) => ({ key: `${name} ${cidr}`, name, address, cidr }))
      const [six] = outer
      const address = `::%${name}`
      return six === undefined ? [] : [{ key: `${name} ::`, name, address, cidr: null }]
    })
    .slice(0, MAX_CARDS)

/** Whether a sender is on the card's own network: RFC 6762, section 11. */
const nearbyOf = ({ cidr, name }: Card): ((sender: string) => boolean) => {
  if (cidr === null) return (sender) => sender.endsWith(`%${name}`)
  const [address = '', bits = '32'] = cidr.split('/')
  const network = new BlockList()
  network.addSubnet(address, Number(bits))
  return (sender) => isIPv4(sender) && network.check(sender)
}

export class LanCard {
  readonly address: string
  readonly #options: CardOptions
  readonly #socket: multicastDns.MulticastDNS
  #askedAt = -Infinity
  #toldAt = -Infinity
  #telling: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(card: Card, options: CardOptions) {
    this.address = card.address
    this.#options = options
    const { cidr, address } = card
    // Bound to the card's own address it would hear no multicast.
    this.#socket = multicastDns(
      cidr === null
        ? { type: 'udp6', ip: 'ff02::fb', interface: address, bind: '::' }
        : { interface: address, bind: '0.0.0.0' },
    )
    const isNearby = nearbyOf(card)
    this.#socket.on('ready', () => {
      if (!this.#isClosed) options.onReady()
    })
    this.#socket.on('query', ({ questions = [] }, { address: sender }) => {
      if (!isNearby(sender) || !asksForUs(questions)) return
      this.#askedAt = performance.now()
      this.tell()
    })
    this.#socket.on('response', ({ answers = [], additionals = [] }, { address: sender }) => {
      if (isNearby(sender)) options.onAnswers([...answers, ...additionals], sender)
    })
    this.#socket.on('error', options.onFault)
    // Packets of others that make no sense, and cards that are going.
    this.#socket.on('warning', () => {})
  }

  /** Since anybody on this network asked who is there, this one included. */
  askedMsAgo(): number {
    return performance.now() - this.#askedAt
  }

  ask(): void {
    this.#askedAt = performance.now()
    this.#socket.query([{ name: SERVICE, type: 'PTR' }])
  }

  /** Tells what there is to tell: now, or as soon as it may again. */
  tell(): void {
    if (this.#telling !== null || this.#isClosed) return
    const waitMs = Math.max(0, this.#toldAt + TELL_MS - performance.now())
    this.#telling = setTimeout(() => {
      this.#telling = null
      const answers = this.#options.records()
      if (answers.length === 0) return
      this.#toldAt = performance.now()
      this.#socket.respond({ answers })
    }, waitMs)
    this.#telling.unref()
  }

  /** Says a last word, if there is one, and closes. */
  async close(goodbye: Answer[]): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#telling !== null) clearTimeout(this.#telling)
    if (goodbye.length > 0)
      await new Promise<void>((resolve) => {
        this.#socket.respond({ answers: goodbye }, () => resolve())
        setTimeout(resolve, 100).unref()
      })
    await new Promise<void>((resolve) => this.#socket.destroy(() => resolve()))
  }
}
