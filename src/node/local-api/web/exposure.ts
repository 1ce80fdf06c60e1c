/**
 * Where the page is reachable. On this machine alone nothing more is needed than the link. Beyond
 * it somebody has to have asked for it, set a password, and everything is TLS.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'

import { newWebCertificate, type KeyAndCertificate } from '../../../crypto/web-certificate.ts'
import { formatAddress, type HostPort } from '../../../rpc/address.ts'
import { ParleyError } from '../../../rpc/errors.ts'
import { loopbackSite, type WebSite } from '../access.ts'
import { writePrivateFile } from '../private-file.ts'
import { hasWebPassword } from './password-door.ts'

/** What the user asked for besides the address. */
export interface WebExposure {
  /** May be reached from other machines. */
  readonly isPublic: boolean
  /** Names under which browsers ask for it, beside its addresses. */
  readonly hosts: readonly string[]
  /** Files in PEM; without them the node makes a certificate of its own. */
  readonly certFile: string | null
  readonly keyFile: string | null
}

export const onlyHere: WebExposure = { isPublic: false, hosts: [], certFile: null, keyFile: null }

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
/** A certificate of our own is made anew so long before it ends. */
const RENEW_MS = 30 * 86_400_000
const HTTPS_PORT = 443

export const isLoopback = ({ host }: HostPort): boolean => LOOPBACK.has(host)

/** Throws USAGE, or UNAUTHORIZED without a password, for an address that must not be served. */
export const checkExposure = (
  address: HostPort,
  { isPublic, certFile, keyFile }: WebExposure,
  dataDir: string,
): void => {
  if (isLoopback(address)) return
  const where = formatAddress(address)
  if (!isPublic) {
    throw new ParleyError('USAGE', `${where} is not an address of this machine alone`, {
      hint: 'Write 127.0.0.1:port; or --web-public, if others are to reach the page.',
    })
  }
  if ((certFile === null) !== (keyFile === null)) {
    throw new ParleyError('USAGE', 'A certificate needs its key, and a key its certificate', {
      hint: 'Give both --web-cert and --web-key, or neither.',
    })
  }
  if (hasWebPassword(dataDir)) return
  throw new ParleyError('UNAUTHORIZED', 'A page that others can reach needs a password', {
    hint: 'Set one first: parley web --set-password',
  })
}

const interfaceHosts = (isSix: boolean): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, address }) => (isSix ? !address.startsWith('fe80') : family === 'IPv4'))
    .toSorted((a, b) => Number(a.internal) - Number(b.internal))
    .map(({ address }) => address)

/** Names and addresses, without brackets, under which it may be asked for: those given first. */
const hostsOf = ({ host }: HostPort, { hosts }: WebExposure): readonly [string, ...string[]] => {
  const isWildcard = host === '0.0.0.0' || host === '::'
  const own = isWildcard ? [...interfaceHosts(host === '::'), 'localhost'] : [host]
  const [first = host, ...rest] = [...hosts.map((one) => one.toLowerCase()), ...own]
  return [first, ...rest]
}

/** What it is asked for as, once it listens on `port`. */
export const siteOf = (address: HostPort, exposure: WebExposure, port: number): WebSite => {
  if (isLoopback(address)) {
    const host = address.host === '::1' ? '::1' : '127.0.0.1'
    return loopbackSite(formatAddress({ host, port }), port)
  }
  const [first, ...rest] = hostsOf(address, exposure)
  const named = (host: string): string => formatAddress({ host, port })
  // Browsers leave out the usual port.
  const short = port === HTTPS_PORT ? [first, ...rest].map((host) => named(host).slice(0, -4)) : []
  return { scheme: 'https', hosts: [named(first), ...rest.map(named), ...short], port }
}

const readPem = (path: string, what: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ParleyError('USAGE', `Cannot read the ${what} in ${path}`, { cause })
  }
}

/** The node's own, from last time if it still fits. */
const ownPair = (dataDir: string, hosts: readonly string[], now: number): KeyAndCertificate => {
  const path = join(dataDir, 'web-tls.json')
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as KeyAndCertificate
    const certificate = new X509Certificate(kept.cert)
    const covers = hosts.every((host) => isNamed(certificate, host))
    if (covers && certificate.validToDate.getTime() - RENEW_MS > now) return kept
  } catch {
    // There is none yet, or it is of no use: another one takes its place.
  }
  const made = newWebCertificate(hosts, now)
  writePrivateFile(path, `${JSON.stringify(made)}\n`)
  return made
}

const isNamed = (certificate: X509Certificate, host: string): boolean =>
  certificate.checkHost(host) !== undefined || certificate.checkIP(host) !== undefined

export interface WebTls extends KeyAndCertificate {
  /** SHA-256 of the certificate, as browsers show it. */
  readonly fingerprint: string
  readonly isOwn: boolean
}

/** Throws USAGE if the files are no certificate with its key. */
export const tlsOf = (
  address: HostPort,
  exposure: WebExposure,
  dataDir: string,
  now: number,
): WebTls => {
  const { certFile, keyFile } = exposure
  const isOwn = certFile === null || keyFile === null
  const pair = isOwn
    ? ownPair(dataDir, hostsOf(address, exposure), now)
    : { cert: readPem(certFile, 'certificate'), key: readPem(keyFile, 'key') }
  try {
    createSecureContext(pair)
    return { ...pair, isOwn, fingerprint: new X509Certificate(pair.cert).fingerprint256 }
  } catch (cause) {
    const hint = 'Both are PEM, and the key is that of the certificate, without a passphrase.'
    throw new ParleyError('USAGE', `${certFile ?? ''} is no certificate for this key`, {
      hint,
      cause,
    })
  }
}
