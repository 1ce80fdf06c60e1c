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

// Tags of X.690, section 8.
const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
/** `[0] EXPLICIT`: the version; `[3] EXPLICIT`: the extensions; `[2]` in a name: a host. */
const VERSION = 0xa0
const EXTENSIONS = 0xa3
const DNS_NAME = 0x82

const V3 = 2
const SERIAL_BYTES = 16
/** What the certificate is issued to and by. It names nobody: the key does. */
const NAME = 'parley'

const lengthOf = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.of(bytes)
  return bytes < 0x100 ? Buffer.of(0x81, bytes) : Buffer.of(0x82, bytes >> 8, bytes & 0xff)
}

/** One value in DER; contents of up to 64 KiB. */
const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value))

/** 1.3.101.112, id-Ed25519. */
const ED25519 = der(SEQUENCE, der(OBJECT_ID, Buffer.of(0x2b, 0x65, 0x70)))
/** 2.5.4.3, id-at-commonName. */
const COMMON_NAME = der(OBJECT_ID, Buffer.of(0x55, 0x04, 0x03))
/** 2.5.29.17, id-ce-subjectAltName. */
const SUBJECT_ALT_NAME = der(OBJECT_ID, Buffer.of(0x55, 0x1d, 0x11))

const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, text(UTF8_STRING, NAME))))

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

const bits = (bytes: Uint8Array): Buffer => der(BIT_STRING, Buffer.of(0), bytes)

const toPem = (bytes: Buffer): string => {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** The certificate of an Ed25519 private key, as PEM. */
export const certificateOf = (privateKey: KeyObject): string => {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const content = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.of(V3))),
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
