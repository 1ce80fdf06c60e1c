/** A discovery service on the local network: nodes there find it without being told. */
import { networkInterfaces } from 'node:os'

import type { RunningNds } from '../../nds/server.ts'
import { Lan } from './lan.ts'
import { isOnlyHere, ownAddresses } from './own-addresses.ts'

/** Announces a service that others can reach; null for one that only this machine can. */
export const announceNds = (
  { url, listen }: Pick<RunningNds, 'url' | 'listen'>,
  advertise: readonly string[],
): Pick<Lan, 'stop'> | null => {
  const [, pin] = url.split('#')
  if (pin === undefined || isOnlyHere(listen)) return null
  return new Lan({
    self: pin,
    interfaces: networkInterfaces,
    told: () => {
      const all = ownAddresses(listen, advertise, networkInterfaces())
      const addresses = all.filter((address) => !isOnlyHere(address))
      if (addresses.length === 0) return null
      return { kind: 'nds', id: pin, addresses, groups: [], hasMore: false }
    },
  })
}
