/** This system and what people would use instead, one after the other in the same run. */
import type { Benchmark, Note } from '../benchmark.ts'
import { withCluster } from '../cluster.ts'
import { withCrowd } from '../crowd.ts'
import { latency, timeToAll, warmUp } from '../groups.ts'
import { crowdTimeToAll, HOSTS } from '../large.ts'
import { durable } from './durable.ts'
import { etcd } from './etcd.ts'
import { irc } from './irc.ts'
import { natsPeers } from './nats.ts'
import { peerLatency, saturatePeer, type PeerSystem } from './peer.ts'
import { relays } from './relay.ts'

export const OWN = 'Parley'

const everybody: readonly PeerSystem[] = [...relays, durable, ...natsPeers, etcd, irc]
/** Those that need no other program. */
const simple: readonly PeerSystem[] = [...relays.slice(0, 1), durable]

/** From so many members on, several share a process. */
const CROWD = 50
const PER_SECOND = 50

const countFor = (members: number, isQuick: boolean): number => {
  if (members < CROWD) return isQuick ? 6_000 : 20_000
  return Math.round((isQuick ? 30_000 : 100_000) / members)
}

const ownRate = async (members: number, count: number): Promise<number> => {
  let seconds = NaN
  if (members < CROWD)
    await withCluster(members, async (cluster) => {
      await warmUp(cluster)
      seconds = await timeToAll(cluster, count)
    })
  else
    await withCrowd(members, HOSTS, async (crowd) => {
      await crowdTimeToAll(crowd, Math.round(count / 5))
      seconds = await crowdTimeToAll(crowd, count)
    })
  return count / seconds
}

/** A peer whose program is not on this machine is left out, and that is said. */
const tryPeer = async <T>(name: string, work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work()
  } catch (thrown) {
    console.log(`${name} left out: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    return null
  }
}

const about = (systems: readonly PeerSystem[]): string =>
  'Texts of 200 bytes, ten senders, everybody must get everything in one order. ' +
  `${OWN}: fully durable on every member (FULL), signed, over TLS, each member a process of its ` +
  `own (from ${CROWD} members on ${HOSTS} processes), with clients of its own over the local ` +
  'API. Peers: feather-light clients in one process that keep nothing. What they keep: ' +
  `${systems.map(({ name, keeps }) => `${name}: ${keeps}`).join('; ')}. Ratios are of one run.`

const compareRates = async (
  members: number,
  systems: readonly PeerSystem[],
  note: Note,
  isQuick: boolean,
): Promise<void> => {
  const own = await ownRate(members, countFor(members, isQuick))
  note(OWN, own, 'messages/s')
  for (const system of systems) {
    const sendMs = isQuick ? 1_500 : 3_000
    const rate = await tryPeer(system.name, () => saturatePeer(system, members, sendMs))
    if (rate === null) continue
    note(system.name, rate, 'messages/s')
    note(`${OWN} ÷ ${system.name}`, own / rate, '×')
  }
}

export const ratesAgainst = (members: number): Benchmark => ({
  name: `peers-${members}`,
  question: `How does what a group of ${members} delivers compare with what one would use instead?`,
  about: about(everybody),
  run: (note, { isQuick }) => compareRates(members, everybody, note, isQuick),
})

export const quickRates: Benchmark = {
  name: 'peers-quick',
  question: 'Has the group of 3 become faster or slower, in terms of what the machine can do?',
  about: about(simple),
  run: (note, { isQuick }) => compareRates(3, simple, note, isQuick),
}

export const latencyAgainst: Benchmark = {
  name: 'peers-latency',
  question: `At ${PER_SECOND} messages/s in a group of 10: how soon has the last member each?`,
  about: about(everybody),
  run: async (note, { isQuick }) => {
    const count = isQuick ? 100 : 300
    let own = NaN
    await withCluster(10, (cluster) =>
      latency(
        cluster,
        (what, value, unit) => {
          if (!what.startsWith('to the last member')) return
          if (what.endsWith('p50')) own = value
          note(`${OWN}, ${what.slice(-3)}`, value, unit)
        },
        count,
      ),
    )
    for (const system of everybody) {
      const times = await tryPeer(system.name, () => peerLatency(system, 10, PER_SECOND, count))
      if (times === null) continue
      note(`${system.name}, p50`, times.p50, 'ms')
      note(`${system.name}, p99`, times.p99, 'ms')
      note(`${OWN} ÷ ${system.name}`, own / times.p50, '×')
    }
  },
}
