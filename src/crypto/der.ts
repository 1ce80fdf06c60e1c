/** X.509 (RFC 5280) in DER, as far as certificates that sign themselves need it. */

// Tags of X.690, section 8.
export const BOOLEAN = 0x01
export const INTEGER = 0x02
const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
const OBJECT_ID = 0x06
export const UTF8_STRING = 0x0c
export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18
export const SEQUENCE = 0x30
export const SET = 0x31
/** `[0] EXPLICIT`: the version; `[3] EXPLICIT`: the extensions. */
const VERSION = 0xa0
export const EXTENSIONS = 0xa3
/** In a name: `[2]` a host, `[7]` an address. */
export const DNS_NAME = 0x82
export const IP_ADDRESS = 0x87

const V3 = 2

const lengthOf = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.of(bytes)
  return bytes < 0x100 ? Buffer.of(0x81, bytes) : Buffer.of(0x82, bytes >> 8, bytes & 0xff)
}

/** One value in DER; contents of up to 64 KiB. */
export const der = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

export const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value))

export const objectId = (...bytes: readonly number[]): Buffer => der(OBJECT_ID, Buffer.from(bytes))

/** 2.5.4.3, id-at-commonName. */
const COMMON_NAME = objectId(0x55, 0x04, 0x03)
/** 2.5.29.17, id-ce-subjectAltName. */
export const SUBJECT_ALT_NAME = objectId(0x55, 0x1d, 0x11)

/** A name of one part. */
export const commonName = (value: string): Buffer =>
  der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, text(UTF8_STRING, value))))

export const v3 = der(VERSION, der(INTEGER, Buffer.of(V3)))

export const bits = (bytes: Uint8Array): Buffer => der(BIT_STRING, Buffer.of(0), bytes)

export const toPem = (bytes: Buffer): string => {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
