/**
 * A bad cable: takes frames of the slow network (VXLAN, RFC 7348) as datagrams, loses some, and
 * passes the others on after a while. Not every kernel can do that by itself.
 *
 * Arguments: own address, share that is lost, delay in ms, addresses of the hosts in order.
 */
import { createSocket } from 'node:dgram'

const [address = '', loss = '0', delay = '0', ...hosts] = process.argv.slice(2)
const PORT = 4789
/** The header of VXLAN; the frame behind it begins with the address of the card it is for. */
const HEADER = 8
const CARD_BYTES = 6

const socket = createSocket('udp4')
let passed = 0
let lost = 0

const targetsOf = (frame: Buffer, from: string): readonly string[] => {
  const isForMany = ((frame[HEADER] ?? 0) & 1) === 1
  if (isForMany) return hosts.filter((host) => host !== from)
  const target = hosts[(frame[HEADER + CARD_BYTES - 1] ?? 0) - 1]
  return target === undefined ? [] : [target]
}

socket.on('message', (frame, { address: from }) => {
  for (const target of targetsOf(frame, from)) {
    if (Math.random() < Number(loss)) {
      lost += 1
      continue
    }
    passed += 1
    setTimeout(() => socket.send(frame, PORT, target), Number(delay))
  }
})

process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify({ event: 'end', passed, lost })}\n`, () => process.exit(0))
})

socket.bind(PORT, address, () => {
  process.stdout.write(`${JSON.stringify({ event: 'ready' })}\n`)
})
