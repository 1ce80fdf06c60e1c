/** What `parley doctor` makes of what it finds: each finding with what to do about it. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs'

import { identityPath } from '../crypto/identity-file.ts'
import type { NodeStatus } from '../node/api.ts'
import type { LanView } from '../node/operator-api.ts'
import { plainLine } from '../view-model/plain-text.ts'

export interface Check {
  readonly name: string
  /** Null where it could not be found out. */
  readonly ok: boolean | null
  readonly detail: string
  readonly hint: string
}

export const ROOM_BYTES = 100 * 1024 * 1024
/** Clocks are only shown, but a wrong one puts wrong times under messages. */
const MAX_SKEW_MS = 5_000
const OTHERS = 0o077

export const good = (name: string, detail: string): Check => ({ name, ok: true, detail, hint: '' })
export const bad = (name: string, detail: string, hint: string): Check => ({
  name,
  ok: false,
  detail,
  hint,
})
const unknown = (name: string, detail: string, hint = ''): Check => ({
  name,
  ok: null,
  detail,
  hint,
})

const isShut = (path: string): boolean => {
  try {
    return (statSync(path).mode & OTHERS) === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true
    throw error
  }
}

const checkPermissions = (dataDir: string): Check => {
  const key = identityPath(dataDir)
  if (!isShut(dataDir))
    return bad('permissions', 'other users may look into the data folder', `chmod 700 ${dataDir}`)
  return isShut(key)
    ? good('permissions', 'for this user alone')
    : bad('permissions', 'other users may read the key of this node', `chmod 600 ${key}`)
}

const checkRoom = (freeBytes: number): Check => {
  const megabytes = `${Math.floor(freeBytes / 1024 / 1024)} MiB free`
  return freeBytes >= ROOM_BYTES
    ? good('disk', megabytes)
    : bad('disk', megabytes, 'Make room: without it nothing can be stored.')
}

/** The data folder: is it there, whose is it, is there room? */
export const checkFolder = (dataDir: string): readonly Check[] => {
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK)
    const { bavail, bsize } = statfsSync(dataDir)
    return [good('data folder', dataDir), checkPermissions(dataDir), checkRoom(bavail * bsize)]
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [bad('data folder', why, 'The first start of a node makes it: parley run')]
  }
}

const reachable = ({ reached = 'unknown', addresses = [] }: NodeStatus['node']): Check => {
  const [address = ''] = addresses
  const port = address.slice(address.lastIndexOf(':') + 1)
  if (reached === 'both-ways') return good('reachable', 'others can dial this node')
  if (reached === 'unknown') return unknown('reachable', 'nobody is there to try it')
  const hint =
    `Let TCP port ${port} in through the firewall, or tell where it can be dialled with ` +
    '--advertise. Until then it takes part by links that it dials itself.'
  return bad('reachable', 'others cannot dial this node', hint)
}

const multicast = (lan: LanView | null): Check => {
  if (lan === null)
    return unknown('local network', 'multicast is not used (--no-mdns, or on loopback alone)')
  if (lan.fault !== null)
    return bad(
      'local network',
      `no multicast: ${plainLine(lan.fault)}`,
      'Let UDP port 5353 through, or stop the program that keeps it to itself.',
    )
  if (lan.cards.length === 0)
    return bad('local network', 'no card is up', 'Connect this machine to a network.')
  const where = `multicast on ${lan.cards.map((card) => plainLine(card)).join(', ')}`
  if (lan.nodes > 0) return good('local network', `${where}; other nodes: ${lan.nodes}`)
  return unknown(
    'local network',
    `${where}; no other node is heard`,
    'If there are others, UDP port 5353 may be shut, or the network keeps its guests apart.',
  )
}

const clock = (skews: readonly number[]): Check => {
  const sorted = skews.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) return unknown('clock', 'nobody to compare it with')
  const seconds = (Math.abs(middle) / 1_000).toFixed(1)
  const way = middle > 0 ? 'ahead' : 'behind'
  return Math.abs(middle) <= MAX_SKEW_MS
    ? good('clock', `within ${MAX_SKEW_MS / 1_000} s of the others’`)
    : bad('clock', `the others’ clocks are ${seconds} s ${way}`, 'Set this clock, or theirs.')
}

const resolution = (name: string, address: string | null): Check =>
  address === null
    ? bad(
        `name ${plainLine(name)}`,
        'no address is known for it',
        'Check how it is spelt, and the DNS server; or write the address itself.',
      )
    : good(`name ${plainLine(name)}`, `is ${address}`)

const version = (message: string): Check =>
  bad('version', plainLine(message), 'Install the newer version of Parley there.')

const networks = ({ networks: all }: NodeStatus): readonly Check[] =>
  all
    .filter(({ role }) => role !== 'left')
    .map(({ name, role, fault, splitSince, active, roster, outbox }) => {
      const what = `network ${plainLine(name)}`
      if (fault !== null) return bad(what, plainLine(fault.message), 'See parley status.')
      const words = `${role}, ${active} of ${roster} active, ${outbox} waiting`
      if (splitSince === null) return good(what, words)
      const hint = 'It goes on by itself when others can be reached again.'
      return bad(what, `${words}, cut off since ${splitSince}`, hint)
    })

export const checks = {
  room: checkRoom,
  reachable,
  multicast,
  clock,
  resolution,
  version,
  networks,
} as const
