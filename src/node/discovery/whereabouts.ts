/** Where this node can be dialled, as cards and addresses of its machine come and go. */
import { networkInterfaces } from 'node:os'

import { parseAddress } from '../../rpc/address.ts'
import { isLoopback, ownAddresses, type Interfaces } from './own-addresses.ts'

/** What a node was told of it. */
export interface WhereaboutsOptions {
  readonly advertise?: readonly string[]
  readonly interfaces?: () => Interfaces
}

const LOOK_MS = 1_000

export class Whereabouts {
  readonly listen: string
  readonly #options: WhereaboutsOptions
  readonly #timer: NodeJS.Timeout
  #addresses: readonly string[]
  #hosts: ReadonlySet<string>
  /** Told the addresses of this machine, whatever is announced, when one has come or gone. */
  onMove: (hosts: ReadonlySet<string>) => void = () => {}

  constructor(options: WhereaboutsOptions, listen: string) {
    this.listen = listen
    this.#options = options
    const { addresses, hosts } = this.#read()
    this.#addresses = addresses
    this.#hosts = hosts
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  /** What others are told to dial, best first. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** Does it listen for this machine alone? */
  get isOnlyHere(): boolean {
    return isLoopback(parseAddress(this.listen).host)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { addresses, hosts } = this.#read()
    this.#addresses = addresses
    const isSame =
      hosts.size === this.#hosts.size && [...hosts].every((one) => this.#hosts.has(one))
    if (isSame) return
    this.#hosts = hosts
    this.onMove(hosts)
  }

  #read(): { readonly addresses: readonly string[]; readonly hosts: ReadonlySet<string> } {
    const { advertise = [], interfaces = networkInterfaces } = this.#options
    const found: Interfaces = interfaces()
    const hosts = Object.values(found).flatMap((infos = []) => infos.map(({ address }) => address))
    return { addresses: ownAddresses(this.listen, advertise, found), hosts: new Set(hosts) }
  }
}
