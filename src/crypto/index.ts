export { fingerprintOf } from './fingerprint.ts'
export { Identity, newInstanceId } from './identity.ts'
export {
  changePassphrase,
  IdentityError,
  type IdentityErrorCode,
  identityPath,
  isIdentityLocked,
  loadIdentity,
} from './identity-file.ts'
export { messageIds, type NextMessageId } from './message-ids.ts'
export { nodeCrypto, sha256, verifySignature } from './node-crypto.ts'
