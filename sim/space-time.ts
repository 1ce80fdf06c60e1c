/**
 * A run as a space-time diagram, after Lamport's: nodes as lines, packets as arrows between them.
 * One page that needs nothing else: see `space-time.html`.
 */
import { readFileSync } from 'node:fs'

import type { Effect } from '../src/core/effect.ts'
import type { Input } from '../src/core/input.ts'
import type { Packet, PacketKind } from '../src/core/packet.ts'
import type { Replica } from '../src/core/replica.ts'
import type { Checker } from './checkers/checker.ts'
import type { SimNode, World } from './world.ts'

/** A page with more would be slow to look at; a shorter run (`--minutes`) shows more of it. */
const MAX_PACKETS = 150_000
const MAX_NOTES = 20_000

type SpanRole = Replica['role']['name'] | 'down'

/** What the page is made of; numbers of nodes count from 0, -1 is nobody's. */
interface Diagram {
  /** `[node, from, to, role, term]`. */
  readonly spans: (readonly [number, number, number, SpanRole, string | null])[]
  /** `[sent, came, from, to, kind]`. */
  readonly packets: (readonly [number, number, number, number, PacketKind])[]
  /** `[at, node, what]`. */
  readonly notes: (readonly [number, number, string])[]
}

interface OpenSpan {
  readonly from: number
  readonly role: SpanRole
  readonly term: string | null
}

const round = (ms: number): number => Math.round(ms * 10) / 10

export class SpaceTime implements Checker {
  readonly name = 'space-time'
  readonly #diagram: Diagram = { spans: [], packets: [], notes: [] }
  readonly #open = new Map<number, OpenSpan>()
  /** When packets that are on their way were sent. */
  readonly #sentAt = new WeakMap<Packet, number>()
  readonly #cuts: (readonly [number, number])[] = []
  #cutSince: number | null = null
  #world: World | null = null

  begin(world: World): void {
    this.#world = world
  }

  get #now(): number {
    return round(this.#world?.now ?? 0)
  }

  onPacket(_from: SimNode, _to: SimNode, packet: Packet): void {
    this.#sentAt.set(packet, this.#now)
  }

  beforeStep(node: SimNode, _replica: Replica, inputs: readonly Input[]): void {
    this.#lookAtLinks()
    for (const input of inputs) {
      if (input.type !== 'packet' || this.#diagram.packets.length >= MAX_PACKETS) continue
      const from = this.#world?.nodes.find(({ id }) => id === input.from)?.index
      const sentAt = this.#sentAt.get(input.packet)
      if (from === undefined || sentAt === undefined) continue
      this.#diagram.packets.push([sentAt, this.#now, from, node.index, input.packet.kind])
    }
  }

  afterEffect(node: SimNode, replica: Replica, effect: Effect): void {
    if (effect.type !== 'event' || effect.event.event !== 'role') return
    this.#change(node.index, replica.role.name, effect.event.term)
  }

  onCrash(node: SimNode): void {
    this.#change(node.index, 'down', null)
  }

  /** A line of the run's trace: what was done to nodes is noted, what they say to each other not. */
  trace(line: string): void {
    const [, who = '', what = ''] = /^\s*[\d.]+ (\S+) (.*)$/.exec(line) ?? []
    if (what === '' || /^[<!]/.test(what) || this.#diagram.notes.length >= MAX_NOTES) return
    const node = this.#world?.nodes.find(({ id }) => id === who)?.index ?? -1
    this.#diagram.notes.push([this.#now, node, what])
  }

  #change(node: number, role: SpanRole, term: string | null): void {
    this.#close(node)
    this.#open.set(node, { from: this.#now, role, term })
  }

  #close(node: number): void {
    const span = this.#open.get(node)
    if (span === undefined) return
    this.#diagram.spans.push([node, span.from, this.#now, span.role, span.term])
  }

  /** Whether any link is cut: those times are shaded. */
  #lookAtLinks(): void {
    const isWhole = this.#world?.network.isWhole() ?? true
    if (!isWhole) this.#cutSince ??= this.#now
    else if (this.#cutSince !== null) {
      this.#cuts.push([this.#cutSince, this.#now])
      this.#cutSince = null
    }
  }

  /** The page of the run so far, which may have failed. */
  page(seed: number): string {
    for (const node of this.#open.keys()) this.#close(node)
    const cuts = [
      ...this.#cuts,
      ...(this.#cutSince === null ? [] : [[this.#cutSince, this.#now] as const]),
    ]
    const nodes = this.#world?.nodes.map(({ id }) => id) ?? []
    const data = { seed, end: this.#now, nodes, cuts, ...this.#diagram }
    const template = readFileSync(new URL('./space-time.html', import.meta.url), 'utf8')
    return template.replace('DATA', () => JSON.stringify(data).replaceAll('<', '\\u003c'))
  }
}
