/** `parley config` and `parley completion`: what the program goes by, and help for shells. */
import { existsSync } from 'node:fs'

import { ParleyError } from '../../rpc/errors.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { operand, type CommandContext } from '../command-context.ts'
import { completionScript, isShell, SHELLS } from '../completion.ts'
import { settingsFile } from '../settings.ts'
import { table } from '../table.ts'

type Value = string | number | boolean | readonly string[] | null

const textOf = (value: Value): string => {
  if (value === null) return '(default)'
  if (typeof value !== 'object') return plainLine(String(value))
  return value.length === 0 ? '(default)' : plainLine(value.join(', '))
}

export const config = async (context: CommandContext): Promise<void> => {
  const settings = await context.settings()
  const file = settingsFile()
  const exists = existsSync(file)
  const { exposure, ...others } = settings
  const { isPublic, hosts, certFile, keyFile } = exposure
  const page = { webPublic: isPublic, webHosts: hosts, webCert: certFile, webKey: keyFile }
  const values: Readonly<Record<string, Value>> = { ...others, ...page }
  const rows = Object.entries(values).map(([name, value]) => [name, textOf(value)])
  const head = [['file', `${file}${exists ? '' : ' (not there)'}`]]
  await context.out.result({ file, exists, settings }, table([...head, ...rows]))
}

/** Names of joined networks for the shell that completes; nothing without a node. */
const printNetworks = async (context: CommandContext): Promise<void> => {
  try {
    const { networks } = await (await context.client()).call('status', {}, { timeoutMs: 1_000 })
    for (const { name } of networks) await context.out.line(plainLine(name))
  } catch {
    // Whoever presses Tab is not to read of errors.
  }
}

export const completion = async (context: CommandContext): Promise<void> => {
  const shell = operand(context, 0)
  if (shell === 'networks') return printNetworks(context)
  if (!isShell(shell))
    throw new ParleyError('USAGE', `No completion for ${plainLine(shell)}`, {
      hint: `Shells are ${SHELLS.join(', ')}.`,
    })
  const { makeProgram } = await import('../program.ts')
  const script = completionScript(makeProgram(''), shell)
  await context.out.result({ shell, script }, script.trimEnd())
}
