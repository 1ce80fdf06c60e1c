/** `parley passphrase`: puts the key of a node under a passphrase, another one, or none. */
import { existsSync } from 'node:fs'

import { changePassphrase, identityPath, isIdentityLocked } from '../../crypto/identity-file.ts'
import { onIdentity } from '../../node/open-identity.ts'
import { ParleyError } from '../../rpc/errors.ts'
import type { CommandContext } from '../command-context.ts'
import { askTwice, canAsk, passphraseFor } from '../passphrase.ts'

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
  const typed = await askTwice('New passphrase (nothing for none): ')
  const after = typed === '' ? null : typed
  onIdentity(() => changePassphrase(dataDir, before, after))
  const text = after === null ? 'The key is under no passphrase now' : 'The key is locked'
  await context.out.result({ dataDir, locked: after !== null }, `${text}: ${dataDir}`)
}
