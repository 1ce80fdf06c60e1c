/** One process of the laboratory: started, told of the weather, stopped, killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { ParleyError } from '../rpc/errors.ts'

/** What a process prints when it is ready. */
export interface Ready {
  readonly id?: string
  readonly listen: string
  readonly url?: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ready: Ready
}

/** What is wrong between this node and others. */
export interface NodeWeather {
  /** Ids of nodes that it does not hear. */
  readonly deaf: readonly string[]
  readonly delayMs: number
  readonly skewMs: number
}

const MAX_ERRORS = 4_000

/** Starts Parley with these arguments, in a folder of its own. Rejects if it is not ready. */
export const startProcess = async (folder: string, args: readonly string[]): Promise<Started> => {
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Nothing is left behind in the folders of whoever watches, and nothing of theirs is used.
    env: {
      ...Object.fromEntries(
        Object.entries(process.env).filter(([key]) => !key.startsWith('PARLEY_')),
      ),
      XDG_DATA_HOME: join(folder, 'data'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      PARLEY_LAB: '1',
    },
  })
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = `${errors}${chunk.toString()}`.slice(-MAX_ERRORS)
  })
  const { stdout } = child
  if (stdout === null) throw new ParleyError('INTERNAL')
  const lines = createInterface({ input: stdout })
  const ended = once(child, 'exit').then(() => null)
  const line = await Promise.race([once(lines, 'line'), ended])
  if (line !== null) return { child, ready: JSON.parse(String(line[0])) as Ready }
  throw new ParleyError('INTERNAL', `${args[0]} did not start: ${errors.trim()}`)
}

/** Resolves when the process is gone. */
export const endProcess = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
