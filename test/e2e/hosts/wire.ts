/**
 * A bad cable: takes frames of the slow network (VXLAN, RFC 7348) as datagrams, loses some, and
 * passes the others on after a while. Not every kernel can do that by itself.
 *
 * Arguments: own address, share that is lost, delay in ms, addresses of the hosts in order.
 */
import { createSocket } from 'node:dgram'

const [address = '', loss = '0', delay = '0', ...hosts] = process.argv.slice(2)
const PORT = 4789
/** Of VXLAN; the frame behind it begins with the address of the card it is for. */
const HEADER = 8
const CARD_BYTES = 6
/** Of the frame. */
const ETHERNET = 14
const IPV4 = 0x0800
const TCP = 6

const socket = createSocket('udp4')
let passed = 0
let lost = 0

const targetsOf = (frame: Buffer, from: string): readonly string[] => {
  const isForMany = ((frame[HEADER] ?? 0) & 1) === 1
  if (isForMany) return hosts.filter((host) => host !== from)
  const target = hosts[(frame[HEADER + CARD_BYTES - 1] ?? 0) - 1]
  return target === undefined ? [] : [target]
}

/** The sum of RFC 1071. */
const sumOf = (bytes: Buffer, start: number): number => {
  let sum = start
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
  if (bytes.length % 2 === 1) sum += (bytes.at(-1) ?? 0) << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}

/** TCP leaves its checksum to the card, and this one is none. */
const fillChecksum = (datagram: Buffer): void => {
  const frame = datagram.subarray(HEADER)
  if (frame.length < ETHERNET + 20 || frame.readUInt16BE(ETHERNET - 2) !== IPV4) return
  const packet = frame.subarray(ETHERNET)
  if (packet[9] !== TCP) return
  const segment = packet.subarray(((packet[0] ?? 0) & 15) * 4, packet.readUInt16BE(2))
  segment.writeUInt16BE(0, 16)
  const addresses = sumOf(packet.subarray(12, 20), TCP + segment.length)
  segment.writeUInt16BE(~sumOf(segment, addresses) & 0xffff, 16)
}

socket.on('message', (frame, { address: from }) => {
  fillChecksum(frame)
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
