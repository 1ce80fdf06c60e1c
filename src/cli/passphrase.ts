/**
 * Where the passphrase of a key comes from: a file that is named in the environment, or a person at
 * a terminal. Never an argument, which all users of a machine can read.
 */
import { readFileSync, statSync } from 'node:fs'

import { isIdentityLocked } from '../crypto/identity-file.ts'
import { onIdentity } from '../node/open-identity.ts'
import { ParleyError } from '../rpc/errors.ts'
import { isTerminal } from './output.ts'

const MAX_BYTES = 4_096

/** What a file holds that somebody named for it. Throws USAGE. */
export const secretIn = (path: string): string => {
  try {
    if (statSync(path).size > MAX_BYTES) throw new ParleyError('USAGE', `${path} is too large`)
    // Editors end a line; the passphrase has no such end.
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    if (text !== '') return text
  } catch (cause) {
    if (cause instanceof ParleyError) throw cause
    throw new ParleyError('USAGE', `Cannot read the passphrase in ${path}`, { cause })
  }
  throw new ParleyError('USAGE', `There is no passphrase in ${path}`)
}

/** Keys as a terminal in raw mode sends them. */
const ENTER = new Set(['\r', '\n', '\u0004'])
const BACKSPACE = new Set(['\u007f', '\b'])
const INTERRUPT = '\u0003'

/** Asks at the terminal, and shows nothing of what is typed. Rejects with INTERRUPTED on Ctrl-C. */
export const askHidden = (question: string): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const { stdin, stderr } = process
  const wasRaw = stdin.isRaw
  let typed: readonly string[] = []
  const end = (settle: () => void): void => {
    stdin.off('data', onData)
    stdin.setRawMode(wasRaw)
    stdin.pause()
    stderr.write('\n')
    settle()
  }
  const onData = (chunk: Buffer | string): void => {
    for (const key of chunk.toString()) {
      if (key === INTERRUPT) {
        end(() => reject(new ParleyError('INTERRUPTED')))
        return
      }
      if (ENTER.has(key)) {
        end(() => resolve(typed.join('')))
        return
      }
      typed = BACKSPACE.has(key) ? typed.slice(0, -1) : [...typed, key]
    }
  }
  // Before anybody is asked: what is typed at once would be shown otherwise.
  stdin.setRawMode(true)
  stderr.write(question)
  stdin.on('data', onData)
  stdin.resume()
  return promise
}

/** Asks twice, since nobody sees what is typed. Empty if nothing was. Throws USAGE if they differ. */
export const askTwice = async (question: string): Promise<string> => {
  const first = await askHidden(question)
  if (first === '' || first === (await askHidden('Once more: '))) return first
  throw new ParleyError('USAGE', 'The two differ, nothing has changed')
}

/** Whether there is somebody to ask. */
export const canAsk = (): boolean => isTerminal(process.stdin) && isTerminal(process.stderr)

/**
 * The passphrase for the key in `dataDir`; null if it needs none. Without a way to get one that is
 * needed it is null as well, and the key says so.
 */
export const passphraseFor = async (
  dataDir: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | null> => {
  const path = env['PARLEY_PASSPHRASE_FILE'] ?? ''
  if (path !== '') return secretIn(path)
  const isLocked = onIdentity(() => isIdentityLocked(dataDir))
  return isLocked && canAsk() ? askHidden(`Passphrase of ${dataDir}: `) : null
}
