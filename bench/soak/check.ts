/** The end of a soak: everybody comes back, and all have the same. */
import { until } from '../../test/e2e/harness/until.ts'
import { NETWORK } from '../cluster.ts'
import type { Crew } from './crew.ts'
import type { Tally } from './load.ts'

export interface Findings {
  readonly messages: number
  readonly heads: readonly string[]
  readonly ordersDiffer: boolean
  /** Acknowledged, and not there. */
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  readonly verified: number
  /** Until all agreed, from the last failure's end. */
  readonly settledMs: number
  /** What nodes said of bugs of their own: none, if all is well. */
  readonly faults: readonly string[]
}

const SETTLE_MS = 180_000

const settle = async (crew: Crew): Promise<readonly string[]> => {
  let heads: readonly string[] = []
  await until(
    'all members have the same history and nothing waits',
    async () => {
      const all = await Promise.all(crew.members.map(({ node }) => node.status()))
      heads = all.map(({ head }) => String(head))
      const isWhole = all.every((one) => one.active === all.length && one.outbox === 0)
      return isWhole && new Set(heads).size === 1
    },
    SETTLE_MS,
  )
  return heads
}

const orderOf = async (crew: Crew): Promise<readonly (readonly string[])[]> => {
  const orders: (readonly string[])[] = []
  for (const { node } of crew.members) orders.push(await node.order())
  return orders
}

const twiceOf = (ids: readonly string[]): readonly string[] => {
  const seen = new Set<string>()
  return ids.filter((id) => seen.size === seen.add(id).size)
}

/** Compares what all have, byte for byte, with each other and with what was acknowledged. */
export const checkAll = async (crew: Crew, tally: Tally): Promise<Findings> => {
  const start = performance.now()
  const heads = await settle(crew)
  const settledMs = performance.now() - start
  const orders = await orderOf(crew)
  const [first = []] = orders
  const ids = first.map((line) => line.split(' ')[1] ?? '')
  const present = new Set(ids)
  let verified = 0
  for (const { node } of crew.members) {
    await node.client.call('verify', { network: NETWORK }, { timeoutMs: 600_000 })
    verified += 1
  }
  return {
    messages: ids.length,
    heads,
    ordersDiffer: new Set(orders.map((order) => order.join('\n'))).size !== 1,
    lost: [...tally.acknowledged].filter((id) => !present.has(id)),
    twice: twiceOf(ids),
    verified,
    settledMs,
    faults: crew.faults(),
  }
}
