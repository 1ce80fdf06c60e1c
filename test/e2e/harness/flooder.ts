/**
 * A hostile program: holds a key and sends as much as it can, of everything that is cheap to send
 * and dear to receive, until it is ended. Prints a line once it has begun.
 *
 * Arguments: address, group id, then the file of a key, or nothing for keys of its own making.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { Identity, newInstanceId } from '../../../src/crypto/identity.ts'
import { dialLink } from '../../../src/rpc/dial-link.ts'
import type { FrameLink } from '../../../src/rpc/frame-link.ts'
import { spokenVersions } from '../../../src/rpc/protocol-version.ts'
import { tlsSecurity } from '../../../src/rpc/tls-security.ts'

const [address = '', group = '', keyFile] = process.argv.slice(2)
const port = Number(address.split(':').at(-1))
const KEYS = keyFile === undefined ? 8 : 1
const FRAMES_A_TURN = 200

const id43 = (letter: string): string => letter.repeat(43)
const tip = { term: id43('t'), seq: 5, hash: id43('h') }

/** Frames that are sound, such as ask for much, and such as make no sense. */
const framesOf = (from: string, instance: string): readonly string[] => {
  const frame = (method: string, fields: object): string =>
    JSON.stringify({ jsonrpc: '2.0', method, params: { group, from, instance, ...fields } })
  const item = [`0199b9f0-0000-7000-8000-${instance.slice(0, 12)}`, 0, ['text', 'spam', '']]
  const batch = [from, instance, 1, id43('h'), [item], 'A'.repeat(86)]
  return [
    frame('sync', { summary: { head: null, tips: [], terms: [] } }),
    frame('send_message', { batches: [['message', batch]] }),
    frame('election', { round: 1, term: id43('t'), beat: 1 }),
    frame('ack', { term: id43('t'), seq: 9 }),
    frame('pulse', { term: id43('t'), leader: id43('l'), beat: 9, seq: 1, tips: [tip] }),
    frame('append', { term: 'none', entries: 5 }),
    frame('ack', { term: id43('t'), seq: 9 }).replace(from, id43('v')),
    frame('nothing', { pad: 'x'.repeat(60_000) }),
  ]
}

const flood = (link: FrameLink, frames: readonly string[]): void => {
  let at = 0
  const turn = (): void => {
    for (let count = 0; count < FRAMES_A_TURN && link.isOpen; count += 1) {
      at += 1
      if (link.sendText(frames[at % frames.length] ?? '') === 'full') break
    }
    if (link.isOpen) setTimeout(turn, 1)
  }
  turn()
}

const floodAs = async (identity: Identity): Promise<void> => {
  const security = tlsSecurity(identity.tlsPair())
  const link = await dialLink(address, { security })
  const instance = newInstanceId()
  link.onFrame(() => null)
  const { id } = identity
  link.send('hello', { id, name: 'flood', instance, ...spokenVersions(), addresses: [] })
  flood(link, framesOf(id, instance))
}

/** New connections without end: some say nothing, some begin a handshake, some talk plainly. */
const knock = (): void => {
  for (let count = 0; count < 10; count += 1) {
    const socket =
      count < 3
        ? connectTls({ port, rejectUnauthorized: false })
        : connect(port).on('connect', () => socket.write(count < 6 ? 'GET / HTTP/1.1\r\n' : ''))
    socket.on('error', () => socket.destroy())
    setTimeout(() => socket.destroy(), 500)
  }
}

const identityOf = (file: string | undefined): Identity =>
  file === undefined ? Identity.generate() : Identity.fromPem(readFileSync(file, 'utf8'))

for (let count = 0; count < KEYS; count += 1) await floodAs(identityOf(keyFile))
setInterval(knock, 20)
process.stdout.write(`${JSON.stringify({ event: 'ready' })}\n`)
