/** The least there is: a relay over plain WebSockets, with and without gathering what it writes. */
import { join } from 'node:path'

import { WebSocket } from 'ws'

import { root } from '../../test/tidy/source.ts'
import { Coalescer, textsIn } from './coalescing.ts'
import type { Hear, PeerSystem, Room } from './peer.ts'
import { firstLine, Programs } from './program.ts'

export const openSocket = (url: string): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })

const openRelay = async (members: number, hear: Hear, isCoalescing: boolean): Promise<Room> => {
  const programs = new Programs()
  const path = join(root, 'bench', 'peers', 'relay-server.ts')
  const child = programs.start(process.execPath, [path, ...(isCoalescing ? ['--coalesce'] : [])])
  const port = await firstLine(child)
  const sockets = await Promise.all(
    Array.from({ length: members }, () => openSocket(`ws://127.0.0.1:${port}`)),
  )
  const coalescers = sockets.map((socket) => new Coalescer((frame) => socket.send(frame)))
  for (const [member, socket] of sockets.entries())
    socket.on('message', (data) => {
      for (const text of textsIn(data)) hear(member, text)
    })
  return {
    say: (member, text) => {
      if (isCoalescing) coalescers[member]?.add(text)
      else sockets[member]?.send(text)
    },
    end: async () => {
      for (const socket of sockets) socket.terminate()
      await programs.end()
    },
  }
}

export const relays: readonly PeerSystem[] = [
  {
    name: 'ws relay, coalescing',
    keeps: 'nothing',
    open: (members, hear) => openRelay(members, hear, true),
  },
  { name: 'ws relay', keeps: 'nothing', open: (members, hear) => openRelay(members, hear, false) },
]
