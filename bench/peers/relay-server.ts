/** A relay of WebSocket frames to everybody connected, in the order in which they came. */
import { WebSocketServer } from 'ws'

import { Coalescer, textsIn } from './coalescing.ts'

const isCoalescing = process.argv.includes('--coalesce')
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })

const toAll = (frame: string): void => {
  const bytes = Buffer.from(frame)
  for (const client of server.clients) client.send(bytes, { binary: false })
}
const coalescer = new Coalescer(toAll)

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    for (const text of textsIn(data))
      if (isCoalescing) coalescer.add(text)
      else toAll(text)
  })
})
server.on('listening', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(address?.port)
})
