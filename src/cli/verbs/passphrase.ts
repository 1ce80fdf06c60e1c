/** `parley passphrase`: puts the key of a node under a passphrase, another one, or none. */
import { existsSync } from 'node:fs'

import { changePassphrase, identityPath, isIdentityLocked } from '../../crypto/identity-file.ts'
import { onIdentity } from '../../node/open-identity.ts'
import { ParleyError } from '../../rpc/errors.ts'
import type { CommandContext } from '../command-context.ts'
import { askHidden, canAsk, passphraseFor } from '../passphrase.ts'

/** Typed twice, since nobody sees what is typed. Null for none. */
const askNew = async (): Promise<string | null> => {
  const first = await askHidden('New passphrase (nothing for none): ')
  if (first === '') return null
  const second = await askHidden('Once more: ')
  if (first === second) return first
  throw new ParleyError('USAGE', 'The two differ, nothing has changed')
}

export const passphrase = async (context: CommandContext): Promise<void> => {
  const { dataDir } = await context.settings()
  if (!existsSync(identityPath(dataDir)))
    throw new ParleyError('NO_NODE', `There is no key in ${dataDir}`, {
      hint: 'The first start of a node makes one: parley run',
    })
  if (!canAsk())
    throw new ParleyError('USAGE', 'A new passphrase is typed at a terminal', {
      hint: 'Where there is none, a node that starts with PARLEY_PASSPHRASE_FILE locks its key.',
    })
  const wasLocked = onIdentity(() => isIdentityLocked(dataDir))
  const before = wasLocked ? await passphraseFor(dataDir) : null
  const after = await askNew()
  onIdentity(() => changePassphrase(dataDir, before, after))
  const text = after === null ? 'The key is under no passphrase now' : 'The key is locked'
  await context.out.result({ dataDir, locked: after !== null }, `${text}: ${dataDir}`)
}
