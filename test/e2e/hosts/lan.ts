/**
 * Five hosts on a network of their own: network namespaces whose cables lead to a bridge in one
 * more namespace, so that nothing of this machine's network is touched or seen. Cables can be cut
 * in one direction, pulled, or moved to a second bridge.
 */
import { execFileSync } from 'node:child_process'

export interface Host {
  readonly name: string
  readonly address: string
  /** Its address on the slow network, if there is one. */
  readonly slowAddress: string
  /** What to run a program with so that it runs on this host, as the very same process. */
  readonly wrapper: readonly string[]
}

const HOSTS = 5
const PREFIX = 'parley-'
const NET = '10.77.0'
const SLOW_NET = '10.77.1'
/** Nobody's: what is sent there leaves the host and arrives nowhere. */
const NOBODY = '02:00:00:00:ff:ff'
const WIRE = `${NET}.100`

const ip = (...args: readonly string[]): string =>
  execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** Several commands in one namespace. */
const ipBatch = (namespace: string, lines: readonly string[]): void => {
  const input = `${lines.join('\n')}\n`
  execFileSync('ip', ['-n', namespace, '-batch', '-'], { input, stdio: ['pipe', 'pipe', 'pipe'] })
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const inside = (namespace: string): readonly string[] => ['ip', 'netns', 'exec', namespace]

const namespaces = (): readonly string[] =>
  ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith(PREFIX))

/** Ends what still runs in a namespace, then removes it. */
const remove = (namespace: string): void => {
  for (const pid of ip('netns', 'pids', namespace).split('\n'))
    if (pid !== '' && isAlive(Number(pid))) process.kill(Number(pid), 'SIGKILL')
  ip('netns', 'del', namespace)
}

/** What runs that were killed have left: the process that a name tells of is gone. */
const removeLeftovers = (): void => {
  for (const name of namespaces()) {
    const pid = Number(name.slice(PREFIX.length).split('-')[0])
    if (!Number.isNaN(pid) && !isAlive(pid)) remove(name)
  }
}

/** Why no network can be made here; null if it can. */
export const whyNoLan = (): string | null => {
  if (process.getuid?.() !== 0) return 'only root can make network namespaces'
  const probe = `${PREFIX}${process.pid}-probe`
  try {
    removeLeftovers()
    ip('netns', 'add', probe)
    ipBatch(probe, ['link add br0 type bridge', 'link add a0 type veth peer name b0'])
    ip('netns', 'del', probe)
    return null
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown
    const isMissing = 'code' in thrown && thrown.code === 'ENOENT'
    return isMissing ? 'ip is not installed (package iproute2)' : thrown.message
  }
}

export class Lan {
  readonly hosts: readonly Host[]
  /** Where the process that makes the slow network slow runs and listens. */
  readonly wire: { readonly wrapper: readonly string[]; readonly address: string }
  readonly #prefix = `${PREFIX}${process.pid}-`
  readonly #hub = `${this.#prefix}hub`

  constructor() {
    ip('netns', 'add', this.#hub)
    ipBatch(this.#hub, [
      'link set lo up',
      'link add br0 type bridge',
      'link add br1 type bridge',
      'link set br0 up',
      'link set br1 up',
      `addr add ${WIRE}/24 dev br0`,
    ])
    this.wire = { wrapper: inside(this.#hub), address: WIRE }
    this.hosts = Array.from({ length: HOSTS }, (_, at) => this.#addHost(at + 1))
  }

  #addHost(number: number): Host {
    const name = `h${number}`
    const namespace = this.#prefix + name
    ip('netns', 'add', namespace)
    ipBatch(this.#hub, [
      `link add p${number} type veth peer name eth0 netns ${namespace}`,
      `link set p${number} master br0`,
      `link set p${number} up`,
    ])
    const address = `${NET}.${number}`
    ipBatch(namespace, ['link set lo up', 'link set eth0 up', `addr add ${address}/24 dev eth0`])
    const slowAddress = `${SLOW_NET}.${number}`
    return { name, address, slowAddress, wrapper: inside(namespace) }
  }

  /**
   * A second network on top of the first: all of its frames go, as datagrams, to the wire, which
   * passes them on when it pleases. The last byte of a card's address is the number of its host.
   */
  addSlowNet(): void {
    for (const { name, address, slowAddress } of this.hosts) {
      const card = `02:00:00:00:01:0${address.split('.')[3] ?? ''}`
      const tunnel = `id 7 dstport 4789 local ${address} remote ${WIRE} nolearning`
      ipBatch(this.#prefix + name, [
        `link add slow0 address ${card} type vxlan ${tunnel}`,
        'link set slow0 up',
        `addr add ${slowAddress}/24 dev slow0`,
      ])
    }
  }

  /** From now on nothing that `from` sends to `to` arrives; no error tells it so. */
  drop(from: Host, to: Host): void {
    this.#neighbour(from, `replace ${to.address} lladdr ${NOBODY} nud permanent dev eth0`)
  }

  /** Undoes `drop`. */
  pass(from: Host, to: Host): void {
    this.#neighbour(from, `del ${to.address} dev eth0`)
  }

  #neighbour(host: Host, command: string): void {
    ipBatch(this.#prefix + host.name, [`neigh ${command}`])
  }

  /** Two hosts that cannot talk, in both directions. */
  cut(one: Host, other: Host): void {
    this.drop(one, other)
    this.drop(other, one)
  }

  /** Undoes `cut`. */
  mend(one: Host, other: Host): void {
    this.pass(one, other)
    this.pass(other, one)
  }

  /** These hosts are moved to the other bridge, or back. */
  moveTo(bridge: 'br0' | 'br1', hosts: readonly Host[]): void {
    ipBatch(
      this.#hub,
      hosts.map(({ name }) => `link set p${name.slice(1)} master ${bridge}`),
    )
  }

  /** The cable is pulled out of the bridge, or put back in. */
  plug(host: Host, state: 'up' | 'down'): void {
    ipBatch(this.#hub, [`link set p${host.name.slice(1)} ${state}`])
  }

  /** The host's own card goes down, which takes what it was doing with it, or comes up again. */
  card(host: Host, state: 'up' | 'down'): void {
    ipBatch(this.#prefix + host.name, [`link set eth0 ${state}`])
  }

  /** The host gets another address instead of the one it has, as on another network. */
  readdress(host: Host, address: string): void {
    ipBatch(this.#prefix + host.name, ['addr flush dev eth0', `addr add ${address}/24 dev eth0`])
  }

  /** Removes all of it, and ends what still runs there. */
  destroy(): void {
    for (const name of namespaces()) if (name.startsWith(this.#prefix)) remove(name)
  }
}
