/** The gate of the local API for operators, and what stands behind it. */
import { z } from 'zod'

import { messageIdSchema } from '../../rpc/id-schemas.ts'
import { defineMethod } from '../../rpc/method.ts'
import type { MethodTable } from '../../rpc/method-table.ts'
import type { ChatNodeApi } from '../api.ts'
import type { OperatorMethods } from './operator-types.ts'

const reference = z.string().min(1).max(512)
const count = z.int().min(1)

/** What the node returns needs no gate: the compiler holds it to the method's type. */
const resultOf = <M extends keyof OperatorMethods>(): z.ZodType<OperatorMethods[M]['result']> =>
  z.custom<OperatorMethods[M]['result']>((value) => typeof value === 'object' && value !== null)

const memberErrors = ['NETWORK_NOT_FOUND', 'NOT_A_MEMBER', 'REFUSED', 'TIMEOUT'] as const
const operationErrors = ['NETWORK_NOT_FOUND', 'REFUSED', 'TIMEOUT'] as const

const banMethod = defineMethod({
  name: 'ban',
  summary: 'Removes somebody from a network for good.',
  params: z.strictObject({ network: reference, member: reference }),
  result: resultOf<'ban'>(),
  errors: memberErrors,
})

const unbanMethod = defineMethod({
  name: 'unban',
  summary: 'Lets somebody who was banned join again.',
  params: z.strictObject({ network: reference, member: reference }),
  result: resultOf<'unban'>(),
  errors: memberErrors,
})

const setRoleMethod = defineMethod({
  name: 'set_role',
  summary: 'Makes a member owner, admin or member.',
  params: z.strictObject({ network: reference, member: reference, role: z.string().max(32) }),
  result: resultOf<'set_role'>(),
  errors: memberErrors,
})

const renameMethod = defineMethod({
  name: 'rename',
  summary: 'Gives a network another name.',
  params: z.strictObject({ network: reference, name: z.string().max(4_096) }),
  result: resultOf<'rename'>(),
  errors: operationErrors,
})

const inviteMethod = defineMethod({
  name: 'invite',
  summary: 'A link that others can join with; where an invite is needed, so many of them.',
  params: z.strictObject({
    network: reference,
    uses: count.optional(),
    lastsMs: count.optional(),
  }),
  result: resultOf<'invite'>(),
  errors: operationErrors,
})

const invitesMethod = defineMethod({
  name: 'invites',
  summary: 'Invites that somebody may still come in with.',
  params: z.strictObject({ network: reference }),
  result: resultOf<'invites'>(),
  errors: ['NETWORK_NOT_FOUND'],
})

const revokeMethod = defineMethod({
  name: 'revoke',
  summary: 'Takes an invite back.',
  params: z.strictObject({ network: reference, invite: z.string().min(1).max(8_192) }),
  result: resultOf<'revoke'>(),
  errors: operationErrors,
})

const verifyMethod = defineMethod({
  name: 'verify',
  summary: 'Checks everything stored of a network.',
  params: z.strictObject({ network: reference, upTo: count.optional() }),
  result: resultOf<'verify'>(),
  errors: ['NETWORK_NOT_FOUND', 'VERIFICATION_FAILED'],
})

const traceMethod = defineMethod({
  name: 'trace',
  summary: 'What this node knows of one message.',
  params: z.strictObject({ network: reference.optional(), message: reference }),
  result: resultOf<'trace'>(),
  errors: ['NETWORK_NOT_FOUND', 'USAGE'],
})

const wayMethod = defineMethod({
  name: 'way',
  summary: 'When a message was where, as far as active members remember.',
  params: z.strictObject({ network: reference, message: messageIdSchema }),
  result: resultOf<'way'>(),
  errors: ['NETWORK_NOT_FOUND'],
})

const surroundingsMethod = defineMethod({
  name: 'surroundings',
  summary: 'Which discovery services and addresses this node uses, and what it repaired.',
  params: z.strictObject({}),
  result: resultOf<'surroundings'>(),
  errors: [],
})

const done = { ok: true } as const

/** Adds the methods to the table of a node. */
export const addOperatorMethods = (table: MethodTable, node: ChatNodeApi): MethodTable =>
  table
    .add(banMethod, async ({ network, member }) => {
      await node.operator.ban(network, member)
      return done
    })
    .add(unbanMethod, async ({ network, member }) => {
      await node.operator.unban(network, member)
      return done
    })
    .add(setRoleMethod, async ({ network, member, role }) => {
      await node.operator.setRole(network, member, role)
      return done
    })
    .add(renameMethod, async ({ network, name }) => {
      await node.operator.rename(network, name)
      return done
    })
    .add(inviteMethod, ({ network, uses, lastsMs }) =>
      node.invite(network, {
        ...(uses === undefined ? {} : { uses }),
        ...(lastsMs === undefined ? {} : { lastsMs }),
      }),
    )
    .add(invitesMethod, ({ network }) => ({ invites: node.operator.invites(network) }))
    .add(revokeMethod, async ({ network, invite }) => ({
      key: await node.operator.revoke(network, invite),
    }))
    .add(verifyMethod, ({ network, upTo }) => node.operator.verify(network, upTo))
    .add(traceMethod, ({ network, message }) => node.operator.trace(network ?? null, message))
    .add(wayMethod, async ({ network, message }) => ({
      steps: await node.operator.way(network, message),
    }))
    .add(surroundingsMethod, () => node.operator.surroundings())
