/** The durable reference: see `durable-member.ts`. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { WebSocket } from 'ws'

import { root } from '../../test/tidy/source.ts'
import { Coalescer, textsIn } from './coalescing.ts'
import type { Hear, PeerSystem, Room } from './peer.ts'
import { firstLine, Programs } from './program.ts'
import { openSocket } from './relay.ts'

/** From so many members on, the followers share two processes. */
const SHARED_FROM = 50

const openDurable = async (members: number, hear: Hear): Promise<Room> => {
  const programs = new Programs()
  const path = join(root, 'bench', 'peers', 'durable-member.ts')
  const run = async (name: string, ...args: readonly string[]): Promise<string> => {
    const folder = join(programs.folder, name)
    mkdirSync(folder)
    return firstLine(programs.start(process.execPath, [path, folder, ...args]))
  }
  const leader = await run('leader', '1')
  const followers = members - 1
  const processes = members >= SHARED_FROM ? 2 : followers
  const sockets: WebSocket[] = [await openSocket(`ws://127.0.0.1:${leader}/own`)]
  for (let at = 0; at < processes; at += 1) {
    const share = Math.floor(followers / processes) + (at < followers % processes ? 1 : 0)
    const port = await run(`process-${at}`, String(share), leader)
    for (let own = 0; own < share; own += 1)
      sockets.push(await openSocket(`ws://127.0.0.1:${port}/own/${own}`))
  }
  const coalescers = sockets.map((socket) => new Coalescer((frame) => socket.send(frame)))
  for (const [member, socket] of sockets.entries())
    socket.on('message', (data) => {
      for (const text of textsIn(data)) hear(member, text)
    })
  return {
    say: (member, text) => coalescers[member]?.add(text),
    end: async () => {
      for (const socket of sockets) socket.terminate()
      await programs.end()
    },
  }
}

export const durable: PeerSystem = {
  name: 'durable reference',
  keeps: 'everything, everywhere, but no identity, encryption, election or repair',
  open: openDurable,
}
