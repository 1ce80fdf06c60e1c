/**
 * A process in which several nodes live, each with its own key, disk folder, links and replica, as
 * if it were alone: for groups of more members than a machine takes processes. Told what to do by
 * the process that started it.
 */
import { join } from 'node:path'

import type * as Library from '../src/node/index.ts'
import type { ChatNode } from '../src/node/index.ts'
import type { Ask, Answer, Told } from './crowd.ts'

/** What is shipped, and nothing besides: memory is measured here. */
const shipped = new URL('../dist/node/index.js', import.meta.url).href
const { startNode } = (await import(shipped)) as typeof Library

const nodes: ChatNode[] = []

const nodeAt = (at: number): ChatNode => {
  const node = nodes[at]
  if (node === undefined) throw new Error(`there is no node ${at}`)
  return node
}

/** To have a long history soon. */
const HASTY = { itemsPerSecond: 1e6, itemsBurst: 1e7 }

const start = async (ask: Extract<Ask, { do: 'start' }>): Promise<string> => {
  const { folder, name, isHasty } = ask
  const config = isHasty ? HASTY : {}
  const node = await startNode({ dataDir: join(folder, name), name, listen: '127.0.0.1:0', config })
  nodes.push(node)
  return node.listen
}

const statusOf = (network: string): readonly Told[] =>
  nodes.map((node) => {
    const found = node.status().networks.find(({ name }) => name === network)
    const { count = 0, head = null, active = 0, role = 'left' } = found ?? {}
    return { count, head, active, role }
  })

const act = async (ask: Ask): Promise<unknown> => {
  switch (ask.do) {
    case 'start':
      return start(ask)
    case 'create':
      for (const name of ask.names) await nodeAt(ask.at).create(name)
      return null
    case 'join':
      for (const target of ask.targets) await nodeAt(ask.at).join({ target, timeoutMs: 60_000 })
      return null
    case 'send': {
      const options = { wait: 'sequenced', timeoutMs: 120_000 } as const
      const sent = ask.texts.map((text) => nodeAt(ask.at).send(ask.network, text, options))
      await Promise.all(sent)
      return null
    }
    case 'status':
      return statusOf(ask.network)
    case 'usage': {
      global.gc?.()
      const { user, system } = process.cpuUsage()
      return { cpuMs: (user + system) / 1_000, rssMib: process.memoryUsage.rss() / 2 ** 20 }
    }
    case 'stop':
      await Promise.all(nodes.map((node) => node.stop()))
      return null
  }
}

process.on('message', (message: { readonly id: number; readonly ask: Ask }) => {
  const { id, ask } = message
  const tell = (answer: Answer): void => void process.send?.(answer)
  act(ask).then(
    (result) => tell({ id, result, error: null }),
    (thrown: unknown) => tell({ id, result: null, error: String(thrown) }),
  )
})
