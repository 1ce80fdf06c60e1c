/** Nodes on real sockets and disks, in one process, that end with the test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import { Identity } from '../crypto/identity.ts'
import { verifySignature } from '../crypto/node-crypto.ts'
import { verifyBySignature } from '../nds/lease.ts'
import { startNds, type RunningNds } from '../nds/server.ts'
import { RpcClient } from '../rpc/http-client.ts'
import { tlsSecurity } from '../rpc/tls-security.ts'
import type { NodeEvent, NetworkStatus } from './api.ts'
import { startNode } from './chat-node.ts'
import type { NodeOptions } from './options.ts'
import type { ChatNode } from './running-node.ts'

/** Fast enough for tests, slow enough for a busy machine. */
export const H = 60

export const tempFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-node-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A node that is cut off when the test ends, unless it has stopped before. */
export const node = async (name: string, options: Partial<NodeOptions> = {}): Promise<ChatNode> => {
  const dataDir = options.dataDir ?? tempFolder()
  const made = await startNode({ name, heartbeatMs: H, lookAroundMs: 300, ...options, dataDir })
  onTestFinished(() => made.destroy())
  return made
}

/** A discovery service like the real ones, but without a disk. */
export const discovery = async (): Promise<RunningNds> => {
  const nds = await startNds({
    listen: '127.0.0.1:0',
    dataDir: null,
    security: tlsSecurity(Identity.generate().tlsPair()),
    verifyLease: verifyBySignature(verifySignature),
  })
  onTestFinished(() => nds.close())
  return nds
}

/** Calls methods of nodes as the holder of a key. */
export const callerAs = (identity: Identity): RpcClient => {
  const made = new RpcClient({ security: tlsSecurity(identity.tlsPair()) })
  onTestFinished(() => made.close())
  return made
}

/** Polls until it holds; fails with what it was for. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 8_000,
): Promise<void> => {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Status of the only group, or of the one named. */
export const statusOf = (node: ChatNode, name?: string): NetworkStatus => {
  const { networks } = node.status()
  const found = name === undefined ? networks[0] : networks.find((one) => one.name === name)
  if (found === undefined) throw new Error(`${node.name} is in no such network`)
  return found
}

/** Waits until all show the same history and the same leader, with everybody active. */
export const agree = (...nodes: ChatNode[]): Promise<void> =>
  until(`${nodes.map(({ name }) => name).join()} agree`, () => {
    const all = nodes.map((one) => statusOf(one))
    const [first] = all
    return all.every(
      ({ head, leader, active }) =>
        head === first?.head && leader?.id === first?.leader?.id && active === nodes.length,
    )
  })

export const textsOf = (node: ChatNode, network = 'lobby'): readonly string[] =>
  node.history(network, { limit: 1_000 }).map(({ text }) => text)

/** Everything that a node tells from now on. */
export const eventsOf = (node: ChatNode): NodeEvent[] => {
  const events: NodeEvent[] = []
  onTestFinished(node.subscribe((event) => events.push(event)))
  return events
}

/** The first founds `lobby`, the others join it through the first. */
export const lobbyOf = async (...names: readonly string[]): Promise<ChatNode[]> => {
  const nodes: ChatNode[] = []
  for (const name of names) nodes.push(await node(name))
  const [first, ...others] = nodes
  if (first === undefined) return nodes
  await first.create('lobby')
  for (const other of others) await other.join({ target: first.listen })
  await agree(...nodes)
  return nodes
}
