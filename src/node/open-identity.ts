/** The key of a data folder, or why there is none, in words for people. */
import type { Identity } from '../crypto/identity.ts'
import { IdentityError, loadIdentity } from '../crypto/identity-file.ts'
import { ParleyError } from '../rpc/errors.ts'

const codes = {
  IDENTITY_UNREADABLE: 'STORAGE_UNWRITABLE',
  IDENTITY_UNWRITABLE: 'STORAGE_UNWRITABLE',
  IDENTITY_LOCKED: 'PASSPHRASE_NEEDED',
  PASSPHRASE_WRONG: 'PASSPHRASE_WRONG',
} as const

/** Does something with a key file. What goes wrong has a code that scripts know. */
export const onIdentity = <T>(work: () => T): T => {
  try {
    return work()
  } catch (thrown) {
    if (!(thrown instanceof IdentityError)) throw thrown
    const { code, message, hint } = thrown
    throw new ParleyError(codes[code], message, { hint, cause: thrown })
  }
}

/** Makes the folder and the key if they are not there. */
export const openIdentity = (dataDir: string, passphrase: string | null = null): Identity =>
  onIdentity(() => loadIdentity(dataDir, passphrase))
