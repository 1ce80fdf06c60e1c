/** `parley invite`: a link for others, on a terminal also as a picture for phones. */
import type { LocalMethods } from '../../node/local-api/types.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { operand, wholeNumber, type CommandContext } from '../command-context.ts'
import { isTerminal, wantsColor } from '../output.ts'
import { table } from '../table.ts'

const CHANGE = { timeoutMs: 30_000 }
const MAX_USES = 999_999_999
const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `30m`, `12h`, `7d` as ms. Throws USAGE. */
export const durationOf = (flag: string, text: string): number => {
  const [, digits = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const ms = Number(digits) * (UNITS[unit] ?? 0)
  if (ms > 0) return ms
  throw new ParleyError('USAGE', `${flag} takes a time such as 30m, 12h or 7d`)
}

const list = async (context: CommandContext, network: string): Promise<void> => {
  const { invites } = await (await context.client()).call('invites', { network })
  const rows = invites.map(({ key, usesLeft, expires, by }) => [
    key,
    `${usesLeft} left`,
    `until ${expires}`,
    `by ${plainLine(by.name)}`,
  ])
  await context.out.result({ invites }, rows.length === 0 ? 'No open invites.' : table(rows))
}

const revoke = async (context: CommandContext, network: string, invite: string): Promise<void> => {
  const client = await context.client()
  const { key } = await client.call('revoke', { network, invite }, CHANGE)
  await context.out.result({ network, revoked: key }, `Taken back: ${key}`)
}

const paramsOf = (
  { flags }: CommandContext,
  network: string,
): LocalMethods['invite']['params'] => ({
  network,
  ...(flags.uses === undefined ? {} : { uses: wholeNumber('--uses', flags.uses, 1, MAX_USES) }),
  ...(flags.expires === undefined ? {} : { lastsMs: durationOf('--expires', flags.expires) }),
})

export const invite = async (context: CommandContext): Promise<void> => {
  const { flags, out } = context
  const network = operand(context, 0)
  if (flags.list === true) return list(context, network)
  if (flags.revoke !== undefined) return revoke(context, network, flags.revoke)
  const params = paramsOf(context, network)
  const client = await context.client()
  const { link, expires, uses } = await client.call('invite', params, CHANGE)
  await out.result({ link, expires, uses }, link)
  if (out.json || flags.qr === false || !isTerminal(process.stdout)) return
  const { default: qrcode } = await import('qrcode')
  // Without colours it is dark on light or the reverse, as the terminal is: readers take both.
  const type = wantsColor(process.stdout) ? 'terminal' : 'utf8'
  await out.line(await qrcode.toString(link, { type, small: true }))
  if (uses !== null) out.note(`For ${uses}, until ${expires ?? 'taken back'}.`)
}
