/** Where others can dial this machine; pure, so that tests can play any machine. */
import type { NetworkInterfaceInfo } from 'node:os'

import { limits } from '../../core/limits.ts'
import { formatAddress, parseAddress, readAddress } from '../../rpc/address.ts'

/** What `networkInterfaces()` of `node:os` returns. */
export type Interfaces = Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>

/** Networks between containers and virtual machines of one host: seldom reached from elsewhere. */
const INNER_NETWORK = /^(docker|br-|virbr|veth|lxc|lxd|cni|podman|vmnet|vboxnet)/
/** Addresses of one card and family: with IPv6 one machine may have dozens. */
const MAX_OF_ONE_CARD = 2

export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.')

/** Is the address `host:port` one that only this machine reaches? */
export const isOnlyHere = (address: string): boolean => {
  const read = readAddress(address)
  return read !== null && isLoopback(read.host)
}

/** Needs the name of a card to mean anything, and that is another one on every machine. */
const isScoped = ({ family, address }: NetworkInterfaceInfo): boolean =>
  family === 'IPv6' && /^fe[89ab]/i.test(address)

/** The lower, the likelier others can dial it. */
const rankOf = (card: string, { family, address, internal }: NetworkInterfaceInfo): number => {
  if (internal) return 4
  if (INNER_NETWORK.test(card)) return 3
  if (address.startsWith('169.254.')) return 2
  return family === 'IPv4' ? 0 : 1
}

/** Addresses of this machine by which others may reach a wildcard listener, loopback last. */
export const interfaceHosts = (interfaces: Interfaces, isSix: boolean): readonly string[] => {
  const ranked = Object.entries(interfaces).flatMap(([card, infos = []]) =>
    (['IPv4', 'IPv6'] as const).flatMap((family) =>
      infos
        .filter((info) => info.family === family && (isSix || family === 'IPv4') && !isScoped(info))
        .slice(0, MAX_OF_ONE_CARD)
        .map((info) => ({ host: info.address, rank: rankOf(card, info) })),
    ),
  )
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ host }) => host)
}

/** What a node tells others to dial: what it is told to tell, or what it listens on. */
export const ownAddresses = (
  listen: string,
  advertise: readonly string[],
  interfaces: Interfaces,
): readonly string[] => {
  const { host, port } = parseAddress(listen)
  const told = advertise.map((text) => {
    const address = parseAddress(text)
    return formatAddress(address.port === 0 ? { ...address, port } : address)
  })
  if (told.length > 0) return told.slice(0, limits.addresses)
  const hosts = isWildcard(host) ? interfaceHosts(interfaces, host === '::') : [host]
  return hosts.slice(0, limits.addresses).map((one) => formatAddress({ host: one, port }))
}
