/** What people write after `join`: a name, an id, an address, or a link. */
import { isGroupId } from '../core/entry-codec.ts'
import type { GroupId } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { Identity } from '../crypto/identity.ts'
import { inviteKeyOf } from '../crypto/invite-key.ts'
import { nameKey } from '../nds/names.ts'
import { readAddress } from '../rpc/address.ts'
import { ParleyError } from '../rpc/errors.ts'

export interface JoinSpec {
  readonly id: GroupId | null
  /** Null if whatever is found at the address will do. */
  readonly name: string | null
  /** Where somebody is who knows the group. */
  readonly addresses: readonly string[]
  /** Further discovery services to ask, `http://host:port`. */
  readonly nds: readonly string[]
  /** The key of the invite, where there is one. */
  readonly invite?: Identity
}

const SCHEME = 'parley:'
const MAX_LINK = 8_192
const MAX_NDS = 8

const badLink = (why: string): ParleyError =>
  new ParleyError('USAGE', `Not an invite: ${why}`, {
    hint: 'Copy the whole link, from parley:// to its end.',
  })

const readLink = (text: string): JoinSpec => {
  const url = text.length <= MAX_LINK && URL.canParse(text) ? new URL(text) : null
  if (url === null || url.host !== 'join') throw badLink('it does not begin with parley://join/')
  const id = url.pathname.slice(1)
  if (!isGroupId(id)) throw badLink('the id of the group is not whole')
  const addresses = url.searchParams.getAll('a').slice(0, limits.addresses)
  if (addresses.some((one) => readAddress(one) === null)) throw badLink('an address in it is none')
  const nds = url.searchParams.getAll('nds').slice(0, MAX_NDS)
  if (!nds.every((one) => /^https?:$/.test(URL.canParse(one) ? new URL(one).protocol : '')))
    throw badLink('a discovery service in it has no web address')
  const spec = { id, name: url.searchParams.get('n'), addresses, nds }
  if (url.hash === '') return spec
  const invite = inviteKeyOf(url.hash.slice(1))
  if (invite === null) throw badLink('its secret, after the #, is not whole')
  return { ...spec, invite }
}

/** Throws USAGE for a link that is not whole, or nothing at all. */
export const parseTarget = (text: string): JoinSpec => {
  const target = text.trim()
  if (target === '') throw new ParleyError('USAGE', 'Join what? Give a name, an address or a link')
  if (target.startsWith(SCHEME)) return readLink(target)
  if (isGroupId(target)) return { id: target, name: null, addresses: [], nds: [] }
  const slash = target.indexOf('/')
  const host = slash < 0 ? target : target.slice(0, slash)
  const name = slash < 0 ? null : target.slice(slash + 1)
  if (readAddress(host) === null) return { id: null, name: target, addresses: [], nds: [] }
  return { id: null, name: name === '' ? null : name, addresses: [host], nds: [] }
}

export interface LinkParts {
  readonly id: GroupId
  readonly name: string
  readonly addresses: readonly string[]
  readonly nds: readonly string[]
  /** Ms since 1970; for people to see, the group itself knows. */
  readonly expires?: number
  readonly secret?: string
}

/** The link that `parseTarget` reads. */
export const formatLink = (parts: LinkParts): string => {
  const { id, name, addresses, nds, expires, secret } = parts
  const query = new URLSearchParams([['n', name]])
  for (const address of addresses.slice(0, limits.addresses)) query.append('a', address)
  for (const url of nds.slice(0, MAX_NDS)) query.append('nds', url)
  if (expires !== undefined) query.append('exp', new Date(expires).toISOString())
  const end = secret === undefined ? '' : `#${secret}`
  return `parley://join/${id}?${query.toString()}${end}`
}

/** Do people mean the same by these names? */
export const isSameName = (a: string, b: string): boolean => nameKey(a) === nameKey(b)
