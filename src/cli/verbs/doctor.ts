/** `parley doctor`: goes through what usually is the matter, and says what to do about it. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { request } from 'node:https'

import type { LocalClient } from '../../node/local-api/client.ts'
import type { NodeStatus } from '../../node/api.ts'
import { EXIT_CODES } from '../../rpc/errors.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import type { CommandContext } from '../command-context.ts'
import { table } from '../table.ts'

interface Check {
  readonly name: string
  /** Null where it could not be found out. */
  readonly ok: boolean | null
  readonly detail: string
  readonly hint: string
}

const PROBE_MS = 2_000
const ROOM_BYTES = 100 * 1024 * 1024
/** Clocks are only shown, but a wrong one puts wrong times under messages. */
const MAX_SKEW_MS = 5_000
const OTHERS = 0o077
const MAX_PEERS = 16

const good = (name: string, detail: string): Check => ({ name, ok: true, detail, hint: '' })
const bad = (name: string, detail: string, hint: string): Check => ({
  name,
  ok: false,
  detail,
  hint,
})

const checkFolder = (dataDir: string): readonly Check[] => {
  try {
    const { mode } = statSync(dataDir)
    accessSync(dataDir, constants.R_OK | constants.W_OK)
    const { bavail, bsize } = statfsSync(dataDir)
    const free = bavail * bsize
    const isShut = (mode & OTHERS) === 0
    const megabytes = `${Math.floor(free / 1024 / 1024)} MiB free`
    return [
      good('data folder', dataDir),
      isShut
        ? good('permissions', 'for this user alone')
        : bad('permissions', 'other users may look into the data folder', `chmod 700 ${dataDir}`),
      free >= ROOM_BYTES
        ? good('disk', megabytes)
        : bad('disk', megabytes, 'Make room: without it nothing can be stored.'),
    ]
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [bad('data folder', why, 'The first start of a node makes it: parley run')]
  }
}

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

const checkClock = (skews: readonly number[]): Check => {
  const sorted = skews.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined)
    return { name: 'clock', ok: null, detail: 'nobody to compare it with', hint: '' }
  const seconds = (middle / 1_000).toFixed(1)
  return Math.abs(middle) <= MAX_SKEW_MS
    ? good('clock', `within ${MAX_SKEW_MS / 1_000} s of the others’`)
    : bad('clock', `the others’ clocks are ${seconds} s ahead`, 'Set this clock, or theirs.')
}

const checkNetworks = ({ networks }: NodeStatus): readonly Check[] =>
  networks
    .filter(({ role }) => role !== 'left')
    .map(({ name, role, fault, splitSince, active, roster, outbox }) => {
      const what = `network ${plainLine(name)}`
      if (fault !== null) return bad(what, plainLine(fault.message), 'See parley status.')
      const words = `${role}, ${active} of ${roster} active, ${outbox} waiting`
      if (splitSince === null) return good(what, words)
      const hint = 'It goes on by itself when others can be reached again.'
      return bad(what, `${words}, cut off since ${splitSince}`, hint)
    })

/** Addresses of active members of all networks, each once. */
const peersOf = async (client: LocalClient, status: NodeStatus): Promise<readonly string[]> => {
  const open = status.networks.filter(({ role }) => role !== 'left')
  const lists = await Promise.all(open.map(({ id }) => client.call('members', { network: id })))
  const addresses = lists.flatMap(({ members }) =>
    members.flatMap(({ self, active, address }) => (self || !active ? [] : [address ?? ''])),
  )
  return [...new Set(addresses)].filter((address) => address !== '').slice(0, MAX_PEERS)
}

const checkAround = async (client: LocalClient): Promise<readonly Check[]> => {
  const status = await client.call('status', {})
  const { nds, lastRepair } = await client.call('surroundings', {})
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
  const repaired = lastRepair === null ? 'never damaged' : `repaired at ${lastRepair.at}`
  const aside = lastRepair === null ? '' : `; ${plainLine(lastRepair.aside)} was kept`
  return [
    good('node', `${plainLine(node.name)} runs, process ${client.info.pid}`),
    ...probed.map(({ check }) => check),
    checkClock(skews),
    good('stored data', `${repaired}${aside}`),
    ...checkNetworks(status),
  ]
}

const marks = new Map([
  [true, '✓'],
  [false, '✗'],
  [null, '?'],
])

export const doctor = async (context: CommandContext): Promise<void> => {
  const { dataDir } = await context.settings()
  const checks = [...checkFolder(dataDir)]
  let exit: number = EXIT_CODES.ok
  try {
    checks.push(...(await checkAround(await context.client())))
  } catch (thrown) {
    const { message, hint, exit: code } = toParleyError(thrown)
    checks.push(bad('node', plainLine(message), plainLine(hint)))
    exit = code
  }
  const isWell = checks.every(({ ok }) => ok !== false)
  const rows = checks.map(({ name, ok, detail, hint }) => [
    marks.get(ok) ?? '?',
    name,
    hint === '' ? detail : `${detail} → ${hint}`,
  ])
  await context.out.result({ ok: isWell, checks }, table(rows))
  process.exitCode = isWell || exit !== EXIT_CODES.ok ? exit : EXIT_CODES.error
}
