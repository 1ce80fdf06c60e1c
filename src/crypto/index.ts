export { Identity, newInstanceId } from './identity.ts'
export {
  IdentityError,
  type IdentityErrorCode,
  identityPath,
  loadIdentity,
} from './identity-file.ts'
export { messageIds, type NextMessageId } from './message-ids.ts'
export { nodeCrypto, sha256, verifySignature } from './node-crypto.ts'
