/**
 * What must hold of a cluster whatever is done to it, looked at while it happens: one leader of
 * each term, one on each side once a side has come to rest, the same history behind the same head,
 * and nothing lost that somebody was told is safe.
 */
import type { MessageView, NetworkStatus } from '../node/api.ts'
import type { Cluster, LabNode } from './cluster.ts'
import { NETWORK } from './cluster.ts'

export interface Seen {
  readonly node: LabNode
  readonly status: NetworkStatus | null
}

export interface Check {
  readonly what: string
  readonly isTrue: boolean
  readonly detail: string
}

/** How long a side may take to agree on a leader, after something was done to it, ms. */
const REST_MS = 8_000
const LOOK_EVERY_MS = 250
const SEND_MS = 30_000

const sameIds = (a: readonly MessageView[], b: readonly MessageView[]): boolean =>
  a.length === b.length && a.every(({ id }, index) => id === b[index]?.id)

export class Watch {
  readonly #cluster: Cluster
  /** Messages that somebody was told are safe. */
  readonly acknowledged = new Map<string, string>()
  readonly broken: string[] = []
  readonly #leaders = new Map<string, string>()
  #changedAt = performance.now()
  #seen: readonly Seen[] = []
  #looking: NodeJS.Timeout | null = null
  #sending = 0
  #compared = 0
  onSeen: () => void = () => {}

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  get seen(): readonly Seen[] {
    return this.#seen
  }

  /** How many histories were compared so far. */
  get compared(): number {
    return this.#compared
  }

  /** Messages that were sent and not answered yet. */
  get sending(): number {
    return this.#sending
  }

  start(): void {
    const look = async (): Promise<void> => {
      await this.look()
      if (this.#looking !== null) this.#looking = setTimeout(() => void look(), LOOK_EVERY_MS)
    }
    this.#looking = setTimeout(() => void look(), 0)
  }

  stop(): void {
    if (this.#looking !== null) clearTimeout(this.#looking)
    this.#looking = null
  }

  /** Something was done to the cluster: it may take its time again. */
  noteChange(): void {
    this.#changedAt = performance.now()
  }

  /** Somebody says something; what they are told is safe must stay. */
  async say(node: LabNode, text: string): Promise<void> {
    this.#sending += 1
    try {
      const params = { network: NETWORK, text, timeoutMs: SEND_MS } as const
      const { message } = await node.client().call('send', params, { timeoutMs: SEND_MS + 2_000 })
      if (message.storedBy > 1 || message.of === 1) this.acknowledged.set(message.id, text)
    } catch {
      // Its node was killed, or put out: nobody was told that it is safe.
    } finally {
      this.#sending -= 1
    }
  }

  async look(): Promise<readonly Seen[]> {
    const { nodes } = this.#cluster
    this.#seen = await Promise.all(
      nodes.map(async (node) => ({ node, status: await node.status() })),
    )
    this.#checkTerms()
    this.#checkSides()
    this.onSeen()
    return this.#seen
  }

  #break(what: string): void {
    if (!this.broken.includes(what)) this.broken.push(what)
  }

  #checkTerms(): void {
    for (const { status } of this.#seen) {
      const { term = null, leader = null } = status ?? {}
      if (term === null || leader === null) continue
      const before = this.#leaders.get(term) ?? leader.id
      this.#leaders.set(term, before)
      if (before !== leader.id) this.#break(`two leaders of one term: ${term.slice(0, 8)}`)
    }
  }

  /** Nobody has one leader while a side is still finding it. */
  #checkSides(): void {
    if (performance.now() - this.#changedAt < REST_MS) return
    for (const side of this.#cluster.sides()) {
      const led = this.#seen.filter(
        ({ node, status }) => side.includes(node) && status?.role === 'leader',
      )
      if (led.length > 1) this.#break(`two leaders on one side: ${led.map(nameOf).join(', ')}`)
    }
  }

  /** Whether those who have the same head have the same history: now, of all that run. */
  async compare(): Promise<void> {
    const histories = await Promise.all(
      this.#seen
        .filter(({ status, node }) => status !== null && node.state === 'running')
        .map(async ({ node }) => {
          const before = await node.status()
          const messages = await node.history()
          const after = await node.status()
          const head = before?.head === after?.head ? (after?.head ?? null) : null
          return { name: node.name, head, messages }
        }),
    )
    const byHead = Map.groupBy(histories, ({ head }) => head)
    byHead.delete(null)
    for (const [, [first, ...others]] of byHead)
      for (const other of others) {
        this.#compared += 1
        if (first !== undefined && !sameIds(first.messages, other.messages))
          this.#break(`${first.name} and ${other.name} have one head and two histories`)
      }
  }

  /** Waits until all that run and are members have one head and one leader; false if they never do. */
  async untilAgreed(withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs
    for (;;) {
      const members = (await this.look()).flatMap(({ status }) => status ?? [])
      const heads = new Set(members.map(({ head }) => head))
      const leaders = members.filter(({ role }) => role === 'leader')
      const isDone = members.every(
        ({ outbox, active }) => outbox === 0 && active === members.length,
      )
      if (heads.size === 1 && leaders.length === 1 && isDone && this.#sending === 0) return true
      if (performance.now() > end) return false
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS / 5))
    }
  }

  /** What came of it, once all that can be healed is healed. */
  async verdict(): Promise<readonly Check[]> {
    const isAgreed = await this.untilAgreed(30_000)
    const seen = this.#seen.filter(({ status }) => status !== null)
    await this.compare()
    const [first] = seen
    const messages = first === undefined ? [] : await first.node.history()
    const ids = new Set(messages.map(({ id }) => id as string))
    const lost = [...this.acknowledged].filter(([id]) => !ids.has(id)).map(([, text]) => text)
    const positions = messages.every(({ position }, index) => position === index + 1)
    return [
      {
        what: 'all that run have one leader and one head',
        isTrue: isAgreed,
        detail: `${seen.length} nodes, head ${first?.status?.head?.slice(0, 8) ?? 'none'}`,
      },
      {
        what: 'the same messages in the same order',
        isTrue: positions && !this.broken.some((text) => text.includes('two histories')),
        detail: `${messages.length} messages, ${this.#compared} comparisons`,
      },
      {
        what: 'nothing acknowledged is lost',
        isTrue: lost.length === 0,
        detail: lost.length === 0 ? `${this.acknowledged.size} acknowledged` : lost.join(', '),
      },
      {
        what: 'one leader of each term and side',
        isTrue: !this.broken.some((text) => text.includes('two leaders')),
        detail: this.broken.join('; ') || `${this.#leaders.size} terms`,
      },
    ]
  }
}

const nameOf = ({ node }: Seen): string => node.name
