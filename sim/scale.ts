/** What a large group costs: election, messages, quiet, fail-over, a split and its healing. */
import { formed } from './formed.ts'
import { Traffic } from './traffic.ts'
import type { SimNode, World } from './world.ts'

export interface ScaleRow {
  readonly what: string
  readonly simulatedMs: number
  readonly packets: number
  /** Packets other than beats and their answers. */
  readonly besides: number
  readonly bytes: number
  /** Packets besides beats that the leader sent or was sent, and their bytes. */
  readonly atLeader: number
  readonly atLeaderBytes: number
  readonly largestBytes: number
  readonly wallMs: number
}

/** Longest time that anything here may take, simulated ms. */
const patienceMs = 120_000
const lookEvery = 20

const isUp = (node: SimNode): boolean => node.replica !== null

/** One leader, which counts all that are up, and all have its head. */
export const isWhole = (world: World): boolean => {
  const up = world.nodes.filter(isUp)
  const leaders = up.filter(({ replica }) => replica?.role.name === 'leader')
  const [leader] = leaders
  if (leaders.length !== 1 || leader?.replica?.viewSize() !== up.length) return false
  const head = leader.replica.headHash()
  return up.every(({ replica }) => replica?.leader() === leader.id && replica.headHash() === head)
}

/** Puts a network right in which the first half does not hear the other. */
const splitInHalves = (world: World): void => {
  const half = Math.floor(world.nodes.length / 2)
  for (const a of world.nodes.slice(0, half))
    for (const b of world.nodes.slice(half)) world.network.cutBoth(a.id, b.id)
}

export class Scale {
  readonly world: World
  readonly rows: ScaleRow[] = []
  readonly #traffic = new Traffic()

  constructor(size: number, seed: number) {
    this.world = formed(size, seed, [this.#traffic])
  }

  /** Does something, runs until it is done, and notes what that cost. */
  #measure(what: string, act: () => void, isDone: () => boolean): void {
    const { world } = this
    const traffic = this.#traffic
    traffic.reset()
    const from = world.now
    const startedAt = performance.now()
    act()
    while (!isDone()) {
      if (world.now - from > patienceMs) throw new Error(`${what}: not within ${patienceMs} ms`)
      world.runUntil(world.now + lookEvery)
    }
    this.rows.push({
      what,
      simulatedMs: Math.round(world.now - from),
      packets: traffic.packets,
      besides: traffic.besides,
      bytes: traffic.bytes,
      atLeader: traffic.atLeader,
      atLeaderBytes: traffic.atLeaderBytes,
      largestBytes: traffic.largest,
      wallMs: Math.round(performance.now() - startedAt),
    })
  }

  #leader(): SimNode {
    const leader = this.world.nodes.find(({ replica }) => replica?.role.name === 'leader')
    if (leader === undefined) throw new Error('nobody leads')
    return leader
  }

  /** Everybody starts at the same moment, as after a power cut. */
  startAll(): void {
    const { world } = this
    const act = (): void => {
      for (const node of world.nodes) world.resume(node)
    }
    this.#measure('all start at once', act, () => isWhole(world))
  }

  /** One message, until all disks have it. */
  message(): void {
    const { world } = this
    const author = world.nodes.at(-1)
    if (author === undefined) return
    const counts = (): boolean => world.nodes.every(({ disk }) => (disk?.messageCount() ?? 0) >= 1)
    this.#measure('one message', () => world.say(author, 'x'.repeat(200)), counts)
  }

  /** Ten members write ten messages a second between them. */
  messages(count: number): void {
    const { world } = this
    const before = this.#leader().disk?.messageCount() ?? 0
    const authors = world.nodes.slice(-10)
    const act = (): void => {
      for (let at = 0; at < count; at += 1)
        world.at(world.now + at * 100, () => {
          const author = authors[at % authors.length]
          if (author !== undefined) world.say(author, 'x'.repeat(200))
        })
    }
    const isDone = (): boolean =>
      isWhole(world) && (this.#leader().disk?.messageCount() ?? 0) >= before + count
    this.#measure(`${count} messages, 10 a second`, act, isDone)
  }

  quiet(): void {
    const { world } = this
    const until = world.now + 60_000
    this.#measure(
      'a quiet minute',
      () => undefined,
      () => world.now >= until,
    )
  }

  /** A hundred come in within a second, each by asking some member. */
  newcomers(): void {
    const { world } = this
    const group = world.group
    const known = world.nodes.filter(isUp)
    const fresh: SimNode[] = []
    const act = (): void => {
      for (let at = 0; at < 100; at += 1) {
        const node = world.addNode()
        fresh.push(node)
        const via = known[Math.floor(world.prng.next() * known.length)]?.id
        world.at(world.now + at * 10, () => {
          if (group === null || via === undefined) return
          world.start(node, { how: 'join', group, via: [via], proof: null })
        })
      }
    }
    this.#measure('100 newcomers in a second', act, () => isWhole(world) && fresh.every(isUp))
  }

  /** The leader dies; its address refuses connections, or is silent. */
  failOver(refuses: boolean): void {
    const { world } = this
    const what = refuses ? 'the leader dies' : 'the leader falls silent'
    world.network.faults = { ...world.network.faults, refuses }
    const leader = this.#leader()
    this.#measure(
      what,
      () => world.crash(leader),
      () => isWhole(world),
    )
  }

  /** Two halves that do not hear each other, each with its leader, and then they do. */
  splitAndHeal(): void {
    const { world } = this
    const up = world.nodes.filter(isUp)
    const half = Math.floor(world.nodes.length / 2)
    const sides = [up.filter(({ index }) => index < half), up.filter(({ index }) => index >= half)]
    const isSplit = (): boolean =>
      sides.every((side) => {
        const leaders = side.filter(({ replica }) => replica?.role.name === 'leader')
        return leaders.length === 1 && leaders[0]?.replica?.viewSize() === side.length
      })
    this.#measure('halves part', () => splitInHalves(world), isSplit)
    for (const side of sides) {
      const author = side.at(-1)
      if (author !== undefined) world.say(author, 'meanwhile')
    }
    world.runUntil(world.now + 5_000)
    this.#measure(
      'halves meet again',
      () => world.network.heal(),
      () => isWhole(world),
    )
  }
}
