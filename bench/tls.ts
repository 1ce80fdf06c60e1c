/** What it costs that links are encrypted and both ends prove their keys. */
import { Identity } from '../src/crypto/identity.ts'
import { dialLink } from '../src/rpc/dial-link.ts'
import { encodeFrame, type FrameLink } from '../src/rpc/frame-link.ts'
import { startRpcServer, type RpcServer } from '../src/rpc/http-server.ts'
import { MethodTable } from '../src/rpc/method-table.ts'
import { expectNode, plainSecurity, type PeerSecurity } from '../src/rpc/security.ts'
import { tlsSecurity } from '../src/rpc/tls-security.ts'
import { quantile, type Benchmark, type Note } from './benchmark.ts'

const SMALL = { bytes: 300, frames: 40_000 }
const LARGE = { bytes: 64 * 1024, frames: 2_000 }
const CALLS = 2_000
const DIALS = 200

interface Way {
  readonly name: 'plain' | 'TLS'
  readonly near: PeerSecurity
  readonly server: RpcServer
  readonly serverId: string
  /** The next link that the server takes. */
  accepted: PromiseWithResolvers<FrameLink>
}

const openWay = async (name: Way['name']): Promise<Way> => {
  const [near, far] = [Identity.generate(), Identity.generate()]
  const securityOf = (identity: Identity): PeerSecurity =>
    name === 'plain' ? plainSecurity : tlsSecurity(identity.tlsPair())
  const way = { accepted: Promise.withResolvers<FrameLink>() }
  const server = await startRpcServer({
    listen: '127.0.0.1:0',
    table: new MethodTable({ title: 'bench', version: '1' }),
    about: 'a benchmark',
    security: securityOf(far),
    door: { burst: Infinity },
    onLink: (link) => way.accepted.resolve(link),
  })
  return Object.assign(way, { name, near: securityOf(near), server, serverId: far.id })
}

const openLink = async (
  way: Way,
): Promise<{ readonly near: FrameLink; readonly far: FrameLink }> => {
  way.accepted = Promise.withResolvers<FrameLink>()
  const { near: security, server, serverId } = way
  const expected = way.name === 'plain' ? {} : { expected: expectNode(serverId) }
  const near = await dialLink(server.listen, { security, ...expected })
  return { near, far: await way.accepted.promise }
}

/** Wall-clock and processor time of some work, in ms. */
const timed = async (work: () => Promise<void>): Promise<{ wall: number; cpu: number }> => {
  const [at, used] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(used)
  return { wall: performance.now() - at, cpu: (user + system) / 1_000 }
}

const stream = async (
  { near, far }: { near: FrameLink; far: FrameLink },
  { bytes, frames }: typeof SMALL,
): Promise<void> => {
  const frame = encodeFrame('x', { pad: 'x'.repeat(bytes - 50) })
  const { promise, resolve } = Promise.withResolvers<void>()
  let arrived = 0
  far.onFrame(() => {
    arrived += 1
    if (arrived === frames) resolve()
    return null
  })
  let sent = 0
  const push = (): void => {
    while (sent < frames && near.sendText(frame) === 'sent') sent += 1
  }
  near.onDrain(push)
  push()
  await promise
}

const measure = async (way: Way, note: Note): Promise<void> => {
  const { name } = way
  const dials = await timed(async () => {
    for (let count = 0; count < DIALS; count += 1) {
      const { near } = await openLink(way)
      near.destroy()
    }
  })
  note(`${name} dial`, dials.wall / DIALS, 'ms')
  note(`${name} dial, both ends`, dials.cpu / DIALS, 'ms of processor time')
  const link = await openLink(way)
  const small = await timed(() => stream(link, SMALL))
  note(`${name} ${SMALL.bytes} B`, SMALL.frames / (small.wall / 1_000), 'packets/s')
  const smallCpu = (small.cpu * 1_000) / SMALL.frames
  note(`${name} ${SMALL.bytes} B, both ends`, smallCpu, 'µs of processor time a packet')
  const large = await timed(() => stream(link, LARGE))
  note(`${name} 64 KiB`, (LARGE.frames * LARGE.bytes) / 2 ** 20 / (large.wall / 1_000), 'MiB/s')
  const largeCpu = (large.cpu * 1_000) / LARGE.frames
  note(`${name} 64 KiB, both ends`, largeCpu, 'µs of processor time a packet')
  link.far.onFrame(() => ({ ok: true }))
  link.near.onFrame(() => null)
  const took: number[] = []
  for (let count = 0; count < CALLS; count += 1) {
    const at = performance.now()
    await link.near.call('echo', { count })
    took.push(performance.now() - at)
  }
  note(`${name} round trip, p50`, quantile(took, 0.5) * 1_000, 'µs')
  note(`${name} round trip, p99`, quantile(took, 0.99) * 1_000, 'µs')
  link.near.destroy()
}

let isWarm = false

export const tls: Benchmark = {
  name: 'tls',
  question: 'What does it cost that links are encrypted and both ends prove their keys?',
  about:
    'The same work over plain and over TLS links, in turns, so that both meet the same ' +
    'machine. Both ' +
    'are in one process: processor time is that of both together.',
  run: async (note) => {
    const ways = [await openWay('plain'), await openWay('TLS')] as const
    // What is measured is warm code.
    if (!isWarm) for (const way of ways) await measure(way, () => undefined)
    isWarm = true
    for (const way of ways) await measure(way, note)
    await Promise.all(ways.map(({ server }) => server.close()))
  },
}
