/** NATS JetStream, a stream of one or three replicas on file, and an ordered consumer per member. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'

import { until } from '../../test/e2e/harness/until.ts'
import type { Hear, PeerSystem, Room } from './peer.ts'
import { freePort, Programs } from './program.ts'

const STREAM = 'room'

const startServers = async (programs: Programs, replicas: number): Promise<readonly number[]> => {
  const ports: number[] = []
  const routes: number[] = []
  for (let at = 0; at < replicas; at += 1) {
    ports.push(await freePort())
    routes.push(await freePort())
  }
  const all = routes.map((port) => `nats://127.0.0.1:${port}`).join(',')
  for (const [at, port] of ports.entries()) {
    const name = `n${at}`
    const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', name, '-n', name]
    const cluster = ['--cluster_name', 'c', '--cluster', `nats://127.0.0.1:${routes[at]}`]
    const clustered = replicas === 1 ? [] : [...cluster, '--routes', all]
    programs.start('nats-server', [...args, ...clustered])
  }
  return ports
}

const openNats = async (members: number, hear: Hear, replicas: number): Promise<Room> => {
  const programs = new Programs()
  const ports = await startServers(programs, replicas)
  const addressOf = (member: number): string => `127.0.0.1:${ports[member % ports.length]}`
  const links: NatsConnection[] = []
  for (let member = 0; member < members; member += 1)
    links.push(
      await until('the server answers', () => connect({ servers: addressOf(member) }), 20_000),
    )
  const [first] = links
  if (first === undefined) throw new Error('there is nobody')
  await until(
    'there is a stream',
    async () => {
      const manager = await jetstreamManager(first)
      const config = { name: STREAM, subjects: [STREAM], num_replicas: replicas }
      await manager.streams.add({ ...config, storage: 'file' })
      return true
    },
    30_000,
  )
  for (const [member, link] of links.entries()) {
    const consumer = await until('a consumer', () => jetstream(link).consumers.get(STREAM), 20_000)
    await consumer.consume({ callback: (message) => hear(member, message.string()) })
  }
  const streams = links.map((link) => jetstream(link))
  return {
    say: (member, text) => {
      // What is lost is noticed, because it is waited for.
      streams[member]?.publish(STREAM, text, { timeout: 60_000 }).catch(() => {})
    },
    end: async () => {
      await Promise.all(links.map((link) => link.close().catch(() => {})))
      await programs.end()
    },
  }
}

export const natsPeers: readonly PeerSystem[] = [
  {
    name: 'JetStream R1',
    keeps: 'one server (fsync every two minutes)',
    open: (members, hear) => openNats(members, hear, 1),
  },
  {
    name: 'JetStream R3',
    keeps: 'three servers (fsync every two minutes)',
    open: (members, hear) => openNats(members, hear, 3),
  },
]
