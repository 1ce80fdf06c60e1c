/** `parley lab`: a cluster on this machine, and what must hold of it. */
import { readFileSync } from 'node:fs'

import { ParleyError } from '../rpc/errors.ts'
import type { Terminal } from '../tui/run.ts'
import { Cluster, namesFor } from './cluster.ts'
import { Script } from './script.ts'
import { Watch, type Check } from './watch.ts'

export { MAX_NODES } from './cluster.ts'

export interface LabOptions {
  readonly count: number
  /** A scenario to play: its file, or true for the demonstration that comes with the program. */
  readonly script: string | true | null
  /** How long what a scenario expects is waited for. */
  readonly expectMs: number
  /** To be shown on; null where nobody watches. */
  readonly terminal: Terminal | null
  readonly tell: (text: string) => void
  readonly signalled: Promise<void>
}

const DEMONSTRATION = new URL('../../examples/mission.txt', import.meta.url)

const readScript = (script: string | true): string => {
  try {
    return readFileSync(script === true ? DEMONSTRATION : script, 'utf8')
  } catch (cause) {
    throw new ParleyError('USAGE', `Cannot read ${String(script)}`, { cause })
  }
}

const chat = async (cluster: Cluster, watch: Watch, options: LabOptions): Promise<void> => {
  const { terminal, tell, signalled } = options
  tell(`Starting ${options.count} nodes…`)
  await cluster.assemble(namesFor(options.count))
  watch.start()
  if (terminal === null) {
    throw new ParleyError('USAGE', 'The laboratory is shown on a terminal', {
      hint: 'Without one, play a scenario: parley lab --script',
    })
  }
  const { LiveLab } = await import('./live.ts')
  await new LiveLab(cluster, watch, terminal).run(signalled)
}

const lineOf = ({ what, isTrue, detail }: Check): string =>
  `  ${isTrue ? '✓' : '✗'} ${what}: ${detail}`

/**
 * Runs it to its end, and tells what came of it. Rejects with VERIFICATION_FAILED if anything that
 * must hold did not, INTERRUPTED at a signal.
 */
export const runLab = async (options: LabOptions): Promise<void> => {
  const { script, tell, signalled } = options
  const cluster = new Cluster()
  const watch = new Watch(cluster)
  const interrupted = signalled.then((): never => {
    throw new ParleyError('INTERRUPTED')
  })
  interrupted.catch(() => {})
  try {
    if (script === null) await chat(cluster, watch, options)
    else {
      const text = readScript(script)
      watch.start()
      const played = new Script(cluster, watch, options.expectMs, tell).play(text)
      await Promise.race([played, interrupted])
    }
    watch.stop()
    tell('\nIn the end, with all links healed:')
    cluster.heal()
    for (const node of cluster.nodes) cluster.wake(node)
    const checks = await Promise.race([watch.verdict(), interrupted])
    for (const check of checks) tell(lineOf(check))
    if (checks.some(({ isTrue }) => !isTrue))
      throw new ParleyError('VERIFICATION_FAILED', 'Not all that must hold did')
  } finally {
    watch.stop()
    await cluster.end()
  }
}
