/** Whom somebody means: by name, number, id or the beginning of the id. */
import type { NodeId } from '../core/ids.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { Network } from './network.ts'

const SHORTEST_PREFIX = 4
const SHORT_ID = 8
/** Candidates that an error lists. */
const MAX_LISTED = 10

/**
 * One of `among` (default: the roster). Throws NOT_A_MEMBER if nobody fits, USAGE if several do,
 * with their ids.
 */
export const findMember = (
  network: Network,
  text: string,
  among: readonly NodeId[] = [...network.state.roster.members.keys()],
): NodeId => {
  const { members: active } = network.state.view
  const ways = [
    among.filter((id) => id === text),
    among.filter((id) => network.nameOf(id) === text),
    active.flatMap(({ id, number }) => (`${number}` === text && among.includes(id) ? [id] : [])),
    text.length >= SHORTEST_PREFIX ? among.filter((id) => id.startsWith(text)) : [],
  ]
  const fits = ways.find((list) => list.length > 0) ?? []
  const [first, second] = fits
  if (first === undefined)
    throw new ParleyError('NOT_A_MEMBER', `Nobody in ${network.name} is called ${text}`, {
      hint: 'See who is there with: parley members NETWORK',
    })
  if (second === undefined) return first
  const listed = fits.slice(0, MAX_LISTED).map((id) => {
    const number = active.find((member) => member.id === id)?.number
    const place = number === undefined ? '' : ` (number ${number})`
    return `${id.slice(0, SHORT_ID)}${place}`
  })
  throw new ParleyError('USAGE', `Several members fit ${text}`, {
    hint: `Name one by its number or id: ${listed.join(', ')}`,
    data: { candidates: fits.slice(0, MAX_LISTED) },
  })
}
