/**
 * The certificate that a node shows on its connections: X.509 (RFC 5280) with the node's own
 * Ed25519 key (RFC 8410), signed by that key and saying nothing else. Who reads it looks at the key
 * alone.
 *
 * Ed25519 signatures have no chance in them and every other field is fixed, so that a key has
 * exactly one certificate. It is made anew at every start, in less than a millisecond, and there is
 * no file of it that could be lost or not fit.
 */
import { createPublicKey, hash, type KeyObject, sign } from 'node:crypto'

import {
  bits,
  commonName,
  der,
  DNS_NAME,
  EXTENSIONS,
  GENERALIZED_TIME,
  INTEGER,
  objectId,
  OCTET_STRING,
  SEQUENCE,
  SUBJECT_ALT_NAME,
  text,
  toPem,
  UTC_TIME,
  v3,
} from './der.ts'

const SERIAL_BYTES = 16
/** What the certificate is issued to and by. It names nobody: the key does. */
const NAME = 'parley'

/** 1.3.101.112, id-Ed25519. */
const ED25519 = der(SEQUENCE, objectId(0x2b, 0x65, 0x70))

const name = commonName(NAME)

/** From before there was any to the last second that can be written: keys do not expire. */
const validity = der(
  SEQUENCE,
  text(UTC_TIME, '200101000000Z'),
  text(GENERALIZED_TIME, '99991231235959Z'),
)

const extensions = der(
  EXTENSIONS,
  der(
    SEQUENCE,
    der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, der(SEQUENCE, text(DNS_NAME, NAME)))),
  ),
)

/** Positive, not zero, and no longer than it has to be: DER has one way to write a number. */
const serialOf = (publicKey: Uint8Array): Buffer => {
  const serial = Buffer.from(hash('sha256', publicKey, 'hex'), 'hex').subarray(0, SERIAL_BYTES)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return der(INTEGER, serial)
}

/** The certificate of an Ed25519 private key, as PEM. */
export const certificateOf = (privateKey: KeyObject): string => {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const content = der(
    SEQUENCE,
    v3,
    serialOf(publicKey),
    ED25519,
    name,
    validity,
    name,
    publicKey,
    extensions,
  )
  const signature = sign(null, content, privateKey)
  return toPem(der(SEQUENCE, content, ED25519, bits(signature)))
}
