/**
 * A certificate that browsers take once a person has agreed to it: a P-256 key of its own, since
 * browsers know no Ed25519 in TLS, signed by that key, for the names and addresses that are given.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

import {
  bits,
  commonName,
  der,
  DNS_NAME,
  EXTENSIONS,
  INTEGER,
  IP_ADDRESS,
  objectId,
  OCTET_STRING,
  SEQUENCE,
  SUBJECT_ALT_NAME,
  text,
  toPem,
  UTC_TIME,
  v3,
} from './der.ts'

/** As PEM. */
export interface KeyAndCertificate {
  readonly key: string
  readonly cert: string
}

/** Some browsers refuse what lasts longer than 825 days. */
const LASTS_MS = 800 * 86_400_000
/** From before now: clocks differ. */
const EARLY_MS = 86_400_000
const SERIAL_BYTES = 16

/** 1.2.840.10045.4.3.2, ecdsa-with-SHA256. */
const ECDSA_SHA256 = der(SEQUENCE, objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
/** 2.5.29.37, id-ce-extKeyUsage, and 1.3.6.1.5.5.7.3.1, id-kp-serverAuth. */
const KEY_USAGE = objectId(0x55, 0x1d, 0x25)
const SERVER_AUTH = objectId(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01)

/** `YYMMDDHHMMSSZ`. */
const utcTime = (ms: number): Buffer => {
  const digits = new Date(ms).toISOString().replaceAll(/\D/g, '')
  return text(UTC_TIME, `${digits.slice(2, 14)}Z`)
}

/** Groups of an IPv6 address, `::` written out. */
const groupsOf = (address: string): readonly string[] => {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return tail === undefined ? left : [...left, ...zeros, ...right]
}

const addressBytes = (address: string): Buffer => {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const groups = groupsOf(address).map((group) => Number.parseInt(group, 16))
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

const nameOf = (host: string): Buffer =>
  isIP(host) === 0 ? text(DNS_NAME, host) : der(IP_ADDRESS, addressBytes(host))

const extension = (id: Buffer, value: Buffer): Buffer => der(SEQUENCE, id, der(OCTET_STRING, value))

/** For these hosts, names or addresses without brackets; `now` in ms. */
export const newWebCertificate = (hosts: readonly string[], now: number): KeyAndCertificate => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const serial = randomBytes(SERIAL_BYTES)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const name = commonName('Parley in the browser')
  const content = der(
    SEQUENCE,
    v3,
    der(INTEGER, serial),
    ECDSA_SHA256,
    name,
    der(SEQUENCE, utcTime(now - EARLY_MS), utcTime(now + LASTS_MS)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(
      EXTENSIONS,
      der(
        SEQUENCE,
        extension(SUBJECT_ALT_NAME, der(SEQUENCE, ...hosts.map(nameOf))),
        extension(KEY_USAGE, der(SEQUENCE, SERVER_AUTH)),
      ),
    ),
  )
  const signature = sign('sha256', content, privateKey)
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    cert: toPem(der(SEQUENCE, content, ECDSA_SHA256, bits(signature))),
  }
}
