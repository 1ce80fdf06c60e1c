/** The key of a data folder, or why there is none, in words for people. */
import type { Identity } from '../crypto/identity.ts'
import { IdentityError, loadIdentity } from '../crypto/identity-file.ts'
import { ParleyError } from '../rpc/errors.ts'

/** Makes the folder and the key if they are not there. */
export const openIdentity = (dataDir: string): Identity => {
  try {
    return loadIdentity(dataDir)
  } catch (thrown) {
    if (!(thrown instanceof IdentityError)) throw thrown
    const { message, hint } = thrown
    throw new ParleyError('STORAGE_UNWRITABLE', message, { hint, cause: thrown })
  }
}
