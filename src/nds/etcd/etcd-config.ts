/**
 * How to reach an etcd cluster: `etcd://a:2379,b:2379/prefix`, or `etcds://` for TLS. Secrets are
 * never part of it: they come from files that the environment names.
 */
import { readFileSync } from 'node:fs'

import { readAddress } from '../../rpc/address.ts'
import { ParleyError } from '../../rpc/errors.ts'

export interface EtcdConfig {
  /** `http://host:port` or `https://host:port` each. */
  readonly endpoints: readonly string[]
  /** Keys begin so; ends in a slash. */
  readonly prefix: string
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly user: { readonly name: string; readonly password: string } | null
}

type Environment = Readonly<Record<string, string | undefined>>

const MAX_ENDPOINTS = 16
const PREFIX = 'parley'
const VERSION = 'nds/v1/'

const usage = (message: string): ParleyError =>
  new ParleyError('USAGE', message, {
    hint: 'Write etcd://host:2379,host:2379 or, with TLS, etcds://…; credentials go into files.',
  })

const fileOf = (env: Environment, name: string): string | undefined => {
  const path = env[name]
  if (path === undefined || path === '') return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ParleyError('USAGE', `Cannot read ${path}, which ${name} names`, { cause })
  }
}

const userOf = (env: Environment): EtcdConfig['user'] => {
  const name = env['PARLEY_ETCD_USER']
  const password = fileOf(env, 'PARLEY_ETCD_PASSWORD_FILE')?.trimEnd()
  if (name === undefined || name === '') return null
  if (password === undefined) throw usage('PARLEY_ETCD_USER wants PARLEY_ETCD_PASSWORD_FILE')
  return { name, password }
}

/** Throws USAGE for what is no address of a cluster, or has credentials in it. */
export const etcdConfig = (text: string, env: Environment = process.env): EtcdConfig => {
  if (text.includes('@')) throw usage('Credentials do not belong into an address')
  const [, scheme, hosts = '', path = ''] = /^(etcds?):\/\/([^/]+)(?:\/(.*))?$/i.exec(text) ?? []
  const addresses = hosts.split(',')
  if (scheme === undefined || addresses.some((one) => (readAddress(one)?.port ?? 0) === 0))
    throw usage(`Not the address of an etcd cluster: ${text.slice(0, 200)}`)
  if (!/^[\w./-]{0,64}$/.test(path)) throw usage(`Not a prefix for keys: ${path.slice(0, 80)}`)
  const parts = {
    ca: fileOf(env, 'PARLEY_ETCD_CA_FILE'),
    cert: fileOf(env, 'PARLEY_ETCD_CERT_FILE'),
    key: fileOf(env, 'PARLEY_ETCD_KEY_FILE'),
  }
  const tls = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined))
  const protocol = scheme.toLowerCase() === 'etcds' ? 'https' : 'http'
  return {
    endpoints: addresses.slice(0, MAX_ENDPOINTS).map((one) => `${protocol}://${one}`),
    prefix: `${path.replace(/\/+$/, '') || PREFIX}/${VERSION}`,
    tls,
    user: userOf(env),
  }
}
