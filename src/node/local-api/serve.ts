/** Puts the methods of the local API in front of a node. */
import { MethodTable } from '../../rpc/method-table.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import type { ChatNodeApi, Wait } from '../api.ts'
import {
  createMethod,
  historyMethod,
  joinMethod,
  kickMethod,
  leaveMethod,
  markReadMethod,
  MAX_PAGE,
  membersMethod,
  networksMethod,
  searchMethod,
  sendManyMethod,
  sendMethod,
  setNameMethod,
  setTopicMethod,
  statusMethod,
} from './methods.ts'
import { addOperatorMethods } from './operator-methods.ts'
import type { Done, LocalMethods, SendManyResult } from './types.ts'

const done: Done = { ok: true }

interface SendOptions {
  readonly wait?: Wait | undefined
  readonly timeoutMs?: number | undefined
}

/** Without the fields that were not given: the node has defaults of its own for those. */
const sendOptions = ({ wait, timeoutMs }: SendOptions): { wait?: Wait; timeoutMs?: number } => ({
  ...(wait === undefined ? {} : { wait }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
})

/** All are handed over in order before any is waited for: that is the order they get. */
const sendMany = async (
  node: ChatNodeApi,
  params: { network: string; texts: readonly string[] } & SendOptions,
): Promise<LocalMethods['send_many']['result']> => {
  const sent = params.texts.map(async (text) =>
    node.send(params.network, text, sendOptions(params)),
  )
  const results = sent.map(async (one): Promise<SendManyResult> => {
    try {
      return { message: await one }
    } catch (thrown) {
      const { code, message, hint } = toParleyError(thrown)
      return { error: { code, message, hint } }
    }
  })
  return { results: await Promise.all(results) }
}

/** What the node throws that is no coded error is a fault of ours; `onFault` hears of it. */
export const localTable = (node: ChatNodeApi): MethodTable =>
  addOperatorMethods(chatTable(node), node)

const chatTable = (node: ChatNodeApi): MethodTable =>
  new MethodTable({ title: 'Parley, local API of a node', version: '1' })
    .add(createMethod, ({ name, policy, listed }) =>
      node.create(name, {
        ...(policy === undefined ? {} : { policy }),
        ...(listed === undefined ? {} : { listed }),
      }),
    )
    .add(joinMethod, ({ target, timeoutMs }) =>
      node.join({ target, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
    )
    .add(leaveMethod, async ({ network, force = false }) => {
      await node.leave(network, { force })
      return done
    })
    .add(sendMethod, async ({ network, text, kind, about, ...rest }) => ({
      message: await node.send(network, text, {
        ...sendOptions(rest),
        ...(kind === undefined ? {} : { kind }),
        ...(about === undefined ? {} : { about }),
      }),
    }))
    .add(sendManyMethod, (params) => sendMany(node, params))
    .add(networksMethod, async () => ({ networks: await node.networks() }))
    .add(historyMethod, ({ network, from, limit = MAX_PAGE }) => ({
      messages: node.history(network, { limit, ...(from === undefined ? {} : { from }) }),
    }))
    .add(searchMethod, ({ network, query, limit = MAX_PAGE, before }) => ({
      messages: node.search(network, query, { limit, ...(before === undefined ? {} : { before }) }),
    }))
    .add(markReadMethod, ({ network, position }) => {
      node.markRead(network, position)
      return done
    })
    .add(membersMethod, ({ network }) => {
      const members = node.members(network)
      const leader = members.find((member) => member.leader)?.number ?? null
      return { leader, members }
    })
    .add(statusMethod, () => node.status())
    .add(setNameMethod, ({ name }) => {
      node.setName(name)
      return done
    })
    .add(kickMethod, async ({ network, member }) => {
      await node.kick(network, member)
      return done
    })
    .add(setTopicMethod, async ({ network, topic }) => {
      await node.setTopic(network, topic)
      return done
    })
