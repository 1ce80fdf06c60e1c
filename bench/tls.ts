/**
 * Question: what does it cost that links are encrypted and both ends prove their keys? The same
 * work over plain and over TLS links in one run, in turns, so that both meet the same machine. Both
 * ends are in this process: processor time is that of both together. `node bench/tls.ts [rounds]`
 */
import { Identity } from '../src/crypto/identity.ts'
import { dialLink } from '../src/rpc/dial-link.ts'
import { encodeFrame, type FrameLink } from '../src/rpc/frame-link.ts'
import { startRpcServer, type RpcServer } from '../src/rpc/http-server.ts'
import { MethodTable } from '../src/rpc/method-table.ts'
import { expectNode, plainSecurity, type PeerSecurity } from '../src/rpc/security.ts'
import { tlsSecurity } from '../src/rpc/tls-security.ts'

const ROUNDS = Number(process.argv[2] ?? 5)
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

const samples = new Map<string, number[]>()
const note = (what: string, value: number): void => {
  samples.set(what, [...(samples.get(what) ?? []), value])
}

const measure = async (way: Way): Promise<void> => {
  const { name } = way
  const dials = await timed(async () => {
    for (let count = 0; count < DIALS; count += 1) {
      const { near } = await openLink(way)
      near.destroy()
    }
  })
  note(`${name} dial, ms`, dials.wall / DIALS)
  note(`${name} dial, processor ms of both ends`, dials.cpu / DIALS)
  const link = await openLink(way)
  const small = await timed(() => stream(link, SMALL))
  note(`${name} ${SMALL.bytes} B, frames/s`, SMALL.frames / (small.wall / 1_000))
  note(`${name} ${SMALL.bytes} B, processor µs a frame`, (small.cpu * 1_000) / SMALL.frames)
  const large = await timed(() => stream(link, LARGE))
  note(`${name} 64 KiB, MiB/s`, (LARGE.frames * LARGE.bytes) / 2 ** 20 / (large.wall / 1_000))
  note(`${name} 64 KiB, processor µs a frame`, (large.cpu * 1_000) / LARGE.frames)
  link.far.onFrame(() => ({ ok: true }))
  link.near.onFrame(() => null)
  const took: number[] = []
  for (let count = 0; count < CALLS; count += 1) {
    const at = performance.now()
    await link.near.call('echo', { count })
    took.push(performance.now() - at)
  }
  took.sort((a, b) => a - b)
  note(`${name} round trip, median µs`, (took[CALLS / 2] ?? 0) * 1_000)
  note(`${name} round trip, p99 µs`, (took[Math.floor(CALLS * 0.99)] ?? 0) * 1_000)
  link.near.destroy()
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const ways = [await openWay('plain'), await openWay('TLS')] as const
// What is measured is warm code.
for (const way of ways) await measure(way)
samples.clear()
for (let round = 0; round < ROUNDS; round += 1) for (const way of ways) await measure(way)
await Promise.all(ways.map(({ server }) => server.close()))

console.log(`medians of ${ROUNDS} rounds, Node ${process.version}`)
for (const [what, values] of samples) {
  if (!what.startsWith('plain ')) continue
  const metric = what.slice('plain '.length)
  const plain = median(values)
  const tls = median(samples.get(`TLS ${metric}`) ?? [])
  const figures = `plain ${plain.toPrecision(4)}, TLS ${tls.toPrecision(4)}`
  console.log(`${metric.padEnd(36)} ${figures}, ${(tls / plain).toFixed(2)} times`)
}
