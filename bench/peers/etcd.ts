/** etcd: three nodes, a key for each message, and a watcher for each member. */
import { Agent, request } from 'node:http'

import { until } from '../../test/e2e/harness/until.ts'
import type { Hear, PeerSystem, Room } from './peer.ts'
import { freePort, Programs } from './program.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

const post = (port: number, path: string, body: object): Promise<string> =>
  new Promise((resolve, reject) => {
    const call = request({ port, host: '127.0.0.1', path, method: 'POST', agent }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
      answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(text))))
    })
    call.on('error', reject)
    call.end(JSON.stringify(body))
  })

interface Watched {
  readonly result?: {
    readonly events?: readonly { readonly kv: { readonly value: string } }[]
  }
}

/** Resolves when the watch stands. */
const watch = (port: number, hear: (text: string) => void): Promise<() => void> =>
  new Promise((resolve, reject) => {
    const call = request(
      { port, host: '127.0.0.1', path: '/v3/watch', method: 'POST', agent: false },
      (answer) => {
        let text = ''
        answer.on('error', () => {})
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString()
          const lines = text.split('\n')
          text = lines.pop() ?? ''
          for (const line of lines) {
            const { result } = JSON.parse(line) as Watched
            for (const { kv } of result?.events ?? [])
              hear(Buffer.from(kv.value, 'base64').toString())
          }
          resolve(() => call.destroy())
        })
      },
    )
    call.on('error', reject)
    const range = { key: base64('m'), range_end: base64('n') }
    call.end(JSON.stringify({ create_request: range }))
  })

const startNodes = async (programs: Programs): Promise<readonly number[]> => {
  const nodes: { client: number; peer: number }[] = []
  for (let at = 0; at < 3; at += 1) nodes.push({ client: await freePort(), peer: await freePort() })
  const cluster = nodes.map(({ peer }, at) => `e${at}=http://127.0.0.1:${peer}`).join(',')
  for (const [at, { client, peer }] of nodes.entries()) {
    const [clientUrl, peerUrl] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`]
    const name = ['--name', `e${at}`, '--data-dir', `e${at}`, '--log-level', 'error']
    const listen = ['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl]
    const peers = ['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl]
    programs.start('etcd', [...name, ...listen, ...peers, '--initial-cluster', cluster])
  }
  return nodes.map(({ client }) => client)
}

const openEtcd = async (members: number, hear: Hear): Promise<Room> => {
  const programs = new Programs()
  const ports = await startNodes(programs)
  const portOf = (member: number): number => ports[member % ports.length] ?? 0
  const first = { key: base64('a'), value: base64('a') }
  await until('etcd answers', () => post(portOf(0), '/v3/kv/put', first), 30_000)
  const stops = await Promise.all(
    Array.from({ length: members }, (_, member) =>
      watch(portOf(member), (text) => hear(member, text)),
    ),
  )
  return {
    say: (member, text) => {
      const key = base64(`m${text.slice(0, text.indexOf(' '))}`)
      // What is lost is noticed, because it is waited for.
      post(portOf(member), '/v3/kv/put', { key, value: base64(text) }).catch(() => {})
    },
    end: async () => {
      for (const stop of stops) stop()
      await programs.end()
    },
  }
}

export const etcd: PeerSystem = {
  name: 'etcd, 3 nodes',
  keeps: 'three servers; watchers keep nothing',
  open: openEtcd,
}
