/** `parley doctor`: goes through what usually is the matter, and says what to do about it. */
import { lookup } from 'node:dns/promises'
import { request } from 'node:https'
import { isIP } from 'node:net'

import type { LocalClient } from '../../node/local-api/client.ts'
import type { NodeStatus } from '../../node/api.ts'
import { readAddress } from '../../rpc/address.ts'
import { EXIT_CODES } from '../../rpc/errors.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import type { CommandContext } from '../command-context.ts'
import { bad, checkFolder, checks, good, type Check } from '../doctor-checks.ts'
import type { Settings } from '../settings.ts'
import { table } from '../table.ts'

const PROBE_MS = 2_000
const MAX_PEERS = 16

interface Probe {
  readonly ms: number
  /** Of the clock there against the one here, as far as a header of whole seconds tells. */
  readonly skewMs: number | null
}

/** Any answer will do: keys are the business of nodes, whether somebody is there is ours. */
const probe = (url: string): Promise<Probe> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const options = { rejectUnauthorized: false, timeout: PROBE_MS, agent: false, method: 'GET' }
    const asked = request(url, options, (answer) => {
      answer.resume()
      const date = Date.parse(answer.headers.date ?? '')
      const now = Date.now()
      // The header was cut to a whole second.
      const skewMs = Number.isNaN(date) ? null : Math.round(date + 500 - now)
      resolve({ ms: Math.round(performance.now() - startedAt), skewMs })
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${PROBE_MS} ms`)))
    asked.on('error', reject)
    asked.end()
  })

const checkAddress = async (
  name: string,
  url: string,
  hint: string,
): Promise<{ readonly check: Check; readonly skewMs: number | null }> => {
  const shown = plainLine(url)
  try {
    const { ms, skewMs } = await probe(url)
    return { check: good(name, `${shown} answers in ${ms} ms`), skewMs }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { check: bad(name, `${shown}: ${plainLine(why)}`, hint), skewMs: null }
  }
}

/** Addresses of active members of all networks, each once. */
const peersOf = async (client: LocalClient, status: NodeStatus): Promise<readonly string[]> => {
  const open = status.networks.filter(({ role }) => role !== 'left')
  const lists = await Promise.all(open.map(({ id }) => client.call('members', { network: id })))
  const addresses = lists.flatMap(({ members }) =>
    members.flatMap(({ self, active, address }) => (self || !active ? [] : [address ?? ''])),
  )
  return [...new Set(addresses)].filter((address) => address !== '').slice(0, MAX_PEERS)
}

/** Names among these addresses, each looked up. */
const checkNames = async (addresses: readonly string[]): Promise<readonly Check[]> => {
  const hosts = addresses.flatMap((text) => readAddress(text)?.host ?? [])
  const names = new Set(hosts.filter((host) => isIP(host) === 0))
  return Promise.all(
    [...names].slice(0, MAX_PEERS).map(async (name) => {
      try {
        return checks.resolution(name, (await lookup(name)).address)
      } catch {
        return checks.resolution(name, null)
      }
    }),
  )
}

const checkAround = async (client: LocalClient, settings: Settings): Promise<readonly Check[]> => {
  const status = await client.call('status', {})
  const { nds, lan, mismatches, lastRepair } = await client.call('surroundings', {})
  const { node } = status
  const own = checkAddress('own port', `https://${node.listen}/`, 'A firewall may be in between.')
  const services = nds.map((url) =>
    checkAddress('discovery service', url, 'Without it, join by address or link.'),
  )
  const peers = (await peersOf(client, status)).map((address) =>
    checkAddress('member', `https://${address}/`, 'Is it on, and no firewall in between?'),
  )
  const probed = await Promise.all([own, ...services, ...peers])
  const skews = probed.slice(1).flatMap(({ skewMs }) => (skewMs === null ? [] : [skewMs]))
  const named = [...nds.map((url) => new URL(url).host), ...settings.peers, ...settings.advertise]
  const repaired = lastRepair === null ? 'never damaged' : `repaired at ${lastRepair.at}`
  const aside = lastRepair === null ? '' : `; ${plainLine(lastRepair.aside)} was kept`
  return [
    good('node', `${plainLine(node.name)} runs, process ${client.info.pid}`),
    ...probed.map(({ check }) => check),
    checks.reachable(node),
    checks.multicast(lan),
    ...(await checkNames(named)),
    checks.clock(skews),
    ...mismatches.map((one) => checks.version(one)),
    good('stored data', `${repaired}${aside}`),
    ...checks.networks(status),
  ]
}

const marks = new Map([
  [true, '✓'],
  [false, '✗'],
  [null, '?'],
])

export const doctor = async (context: CommandContext): Promise<void> => {
  const settings = await context.settings()
  const found = [...checkFolder(settings.dataDir)]
  let exit: number = EXIT_CODES.ok
  try {
    found.push(...(await checkAround(await context.client(), settings)))
  } catch (thrown) {
    const { message, hint, exit: code } = toParleyError(thrown)
    found.push(bad('node', plainLine(message), plainLine(hint)))
    exit = code
  }
  const isWell = found.every(({ ok }) => ok !== false)
  const rows = found.map(({ name, ok, detail, hint }) => [
    marks.get(ok) ?? '?',
    name,
    hint === '' ? detail : `${detail} → ${hint}`,
  ])
  await context.out.result({ ok: isWell, checks: found }, table(rows))
  process.exitCode = isWell || exit !== EXIT_CODES.ok ? exit : EXIT_CODES.error
}
