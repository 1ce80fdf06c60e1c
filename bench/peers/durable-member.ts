/**
 * A member of the durable reference: keeps all it is told in SQLite, written through before it is
 * acknowledged or told to anybody, a batch in one transaction. The first one gives messages their
 * order. Plain WebSockets, no identity, no encryption, nobody takes over: what it costs at least to
 * have everything everywhere. `durable-member.ts FOLDER COUNT [LEADER-PORT]`.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { WebSocket, WebSocketServer } from 'ws'

import { SEPARATOR, textsIn } from './coalescing.ts'

const [folder = '', count = '1', leaderPort] = process.argv.slice(2)

class Disk {
  readonly #database: DatabaseSync
  constructor(name: string) {
    this.#database = new DatabaseSync(join(folder, `${name}.db`))
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    this.#database.exec('CREATE TABLE log (no INTEGER PRIMARY KEY, text TEXT NOT NULL)')
  }

  keep(texts: readonly string[]): void {
    const insert = this.#database.prepare('INSERT INTO log (text) VALUES (?)')
    this.#database.exec('BEGIN')
    for (const text of texts) insert.run(text)
    this.#database.exec('COMMIT')
  }
}

/** Gathers what comes within one turn, keeps it and passes it on. */
const gathered = (act: (texts: readonly string[]) => void): ((data: unknown) => void) => {
  let waiting: string[] = []
  return (data) => {
    if (waiting.length === 0)
      setImmediate(() => {
        const texts = waiting
        waiting = []
        act(texts)
      })
    waiting.push(...textsIn(data))
  }
}

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })

/** Those who speak and listen as this process's members come at `/own`; members at `/member`. */
const sendTo = (path: string, frame: string): void => {
  const bytes = Buffer.from(frame)
  for (const client of server.clients)
    if ('path' in client && client.path === path) client.send(bytes, { binary: false })
}

const lead = (): void => {
  const disk = new Disk('leader')
  const onTexts = gathered((texts) => {
    disk.keep(texts)
    const frame = texts.join(SEPARATOR)
    sendTo('/member', frame)
    sendTo('/own', frame)
  })
  server.on('connection', (socket) =>
    socket.on('message', (data) => {
      const [first] = textsIn(data)
      if (first !== 'ack') onTexts(data)
    }),
  )
}

const follow = (name: string): void => {
  const disk = new Disk(name)
  const up = new WebSocket(`ws://127.0.0.1:${leaderPort}/member`, { perMessageDeflate: false })
  const onTexts = gathered((texts) => {
    disk.keep(texts)
    up.send('ack')
    sendTo(`/own/${name}`, texts.join(SEPARATOR))
  })
  up.on('message', (data) => onTexts(data))
  server.on('connection', (socket) => {
    if ('path' in socket && socket.path === `/own/${name}`)
      socket.on('message', (data) => up.send(textsIn(data).join(SEPARATOR)))
  })
}

server.on('connection', (socket, request) => Object.assign(socket, { path: request.url }))
if (leaderPort === undefined) lead()
else for (let member = 0; member < Number(count); member += 1) follow(String(member))
server.on('listening', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(address?.port)
})
