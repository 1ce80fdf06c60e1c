/** An IRC server, one channel. */
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'

import { until } from '../../test/e2e/harness/until.ts'
import type { Hear, PeerSystem, Room } from './peer.ts'
import { freePort, Programs } from './program.ts'

const CHANNEL = '#room'

const config = (port: number): string => `[Global]
Name = irc.bench.local
Info = bench
Listen = 127.0.0.1
Ports = ${port}
ServerUID = 65534
ServerGID = 65534
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 600
[Options]
DNS = no
Ident = no
PAM = no
`

const openSocket = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })

/** Joins; resolves when the server says so. */
const enter = (socket: Socket, name: string, onText: (text: string) => void): Promise<void> =>
  new Promise((resolve) => {
    let rest = ''
    socket.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const at = line.indexOf(` PRIVMSG ${CHANNEL} :`)
        if (at >= 0) onText(line.slice(at + 11 + CHANNEL.length))
        else if (line.startsWith('PING')) socket.write(`PONG${line.slice(4)}\r\n`)
        else if (line.includes(' 001 ')) socket.write(`JOIN ${CHANNEL}\r\n`)
        else if (line.includes(' 366 ')) resolve()
      }
    })
    socket.write(`NICK ${name}\r\nUSER ${name} 0 * :${name}\r\n`)
  })

const openIrc = async (members: number, hear: Hear): Promise<Room> => {
  const programs = new Programs()
  const port = await freePort()
  writeFileSync(join(programs.folder, 'ngircd.conf'), config(port))
  programs.start('ngircd', ['-n', '-f', join(programs.folder, 'ngircd.conf')])
  const sockets: Socket[] = []
  for (let member = 0; member < members; member += 1) {
    const socket = await until('the server answers', () => openSocket(port), 10_000)
    await enter(socket, `m${member}`, (text) => hear(member, text))
    sockets.push(socket)
  }
  return {
    say: (member, text) => void sockets[member]?.write(`PRIVMSG ${CHANNEL} :${text}\r\n`),
    end: async () => {
      for (const socket of sockets) socket.destroy()
      await programs.end()
    },
  }
}

export const irc: PeerSystem = {
  name: 'ngircd',
  keeps: 'nothing',
  isDeafToOwn: true,
  open: openIrc,
}
