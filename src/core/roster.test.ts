import { describe, expect, it } from 'vitest'

import type { Content } from './entry.ts'
import {
  admit,
  applyRosterOperation,
  judgeAdmission,
  type Role,
  type Roster,
  type RosterOutcome,
} from './roster.ts'
import { idOf, Story } from './story.suite.ts'
import type { NodeId, Signature } from './ids.ts'

const story = new Story()
const [owner, admin, member, other, second, stranger, banned] = [
  'owner',
  'admin',
  'member',
  'other',
  'second',
  'stranger',
  'banned',
].map(idOf) as [NodeId, NodeId, NodeId, NodeId, NodeId, NodeId, NodeId]

const roster = (): Roster => {
  const roles: readonly (readonly [NodeId, Role])[] = [
    [owner, 'owner'],
    [admin, 'admin'],
    [second, 'admin'],
    [member, 'member'],
    [other, 'member'],
  ]
  return {
    members: new Map(roles.map(([id, role]) => [id, { card: story.card(id), role, since: 0 }])),
    banned: new Set([banned]),
    known: new Set(roles.map(([id]) => id)),
    removals: new Map(),
    invites: new Map([['key', { usesLeft: 2, expires: 0, by: owner }]]),
  }
}

const operation = (kind: string, ref = '', text = ''): Content => ({ kind, text, ref })

const tried = (actor: NodeId, content: Content): RosterOutcome['outcome'] =>
  applyRosterOperation(roster(), actor, content).outcome

describe('who may do what', () => {
  const actors = [owner, admin, member, stranger, banned]
  /** For each operation: what owner, admin, member, stranger and somebody banned bring about. */
  const table: readonly (readonly [string, Content, readonly string[]])[] = [
    ['set the topic', operation('topic', '', 'x'), ['topic', 'topic', 'topic', 'none', 'none']],
    ['rename', operation('rename', '', 'x'), ['rename', 'rename', 'none', 'none', 'none']],
    ['invite', operation('invite', 'new', '1 0'), ['changed', 'changed', 'none', 'none', 'none']],
    ['revoke', operation('revoke', 'key'), ['changed', 'changed', 'none', 'none', 'none']],
    ['unban', operation('unban', banned), ['changed', 'changed', 'none', 'none', 'none']],
    ['kick a member', operation('kick', other), ['removed', 'removed', 'none', 'none', 'none']],
    ['kick an admin', operation('kick', second), ['removed', 'none', 'none', 'none', 'none']],
    ['kick the owner', operation('kick', owner), ['none', 'none', 'none', 'none', 'none']],
    ['kick a stranger', operation('kick', stranger), ['none', 'none', 'none', 'none', 'none']],
    ['ban a member', operation('ban', other), ['removed', 'removed', 'none', 'none', 'none']],
    ['ban an admin', operation('ban', second), ['removed', 'none', 'none', 'none', 'none']],
    ['ban the owner', operation('ban', owner), ['none', 'none', 'none', 'none', 'none']],
    ['ban a stranger', operation('ban', stranger), ['removed', 'removed', 'none', 'none', 'none']],
    ['promote', operation('role', other, 'admin'), ['changed', 'none', 'none', 'none', 'none']],
    [
      'share ownership',
      operation('role', other, 'owner'),
      ['changed', 'none', 'none', 'none', 'none'],
    ],
    [
      'give an odd role',
      operation('role', other, 'toString'),
      ['none', 'none', 'none', 'none', 'none'],
    ],
    ['do anything else', operation('constructor', other), ['none', 'none', 'none', 'none', 'none']],
  ]

  it.each(table)('%s', (_name, content, outcomes) => {
    expect(actors.map((actor) => tried(actor, content))).toEqual(outcomes)
  })

  it('nobody removes himself, and an admin no other admin', () => {
    for (const kind of ['kick', 'ban']) {
      expect(tried(admin, operation(kind, admin))).toBe('none')
      expect(tried(owner, operation(kind, owner))).toBe('none')
    }
  })
})

describe('what it brings about', () => {
  it('kicked means off the roster, and free to come back where everybody may', () => {
    const state = roster()
    applyRosterOperation(state, admin, operation('kick', other))
    expect([state.members.has(other), state.known.has(other)]).toEqual([false, true])
    expect(admit(state, 'open', { card: story.card(other), proof: null }, 7)).toBe(true)
    expect([state.members.get(other)?.role, state.known.has(other)]).toEqual(['member', true])
  })

  it('banned means never again until unbanned', () => {
    const state = roster()
    applyRosterOperation(state, admin, operation('ban', other))
    const admission = { card: story.card(other), proof: null }
    expect(judgeAdmission(state, 'open', admission)).toBe('banned')
    expect(admit(state, 'open', admission, 7)).toBe(false)
    applyRosterOperation(state, admin, operation('unban', other))
    expect(judgeAdmission(state, 'open', admission)).toBe('admitted')
  })

  it('a role changes the role and nothing else', () => {
    const state = roster()
    applyRosterOperation(state, owner, operation('role', other, 'admin'))
    expect(state.members.get(other)).toEqual({ card: story.card(other), role: 'admin', since: 0 })
  })

  it('the last owner stays one, and may go once there is another', () => {
    expect(tried(owner, operation('role', owner, 'member'))).toBe('none')
    const state = roster()
    applyRosterOperation(state, owner, operation('role', other, 'owner'))
    applyRosterOperation(state, owner, operation('role', owner, 'member'))
    expect(state.members.get(owner)?.role).toBe('member')
    applyRosterOperation(state, other, operation('role', other, 'member'))
    expect(state.members.get(other)?.role).toBe('owner')
  })

  it('an invite is taken as given only if it is well formed and new', () => {
    for (const text of ['', '1', 'x 0', '0 0', '-1 0', '1.5 0', '1 x', 'Infinity 0'])
      expect(tried(owner, operation('invite', 'new', text)), text).toBe('none')
    expect(tried(owner, operation('invite', 'key', '9 0'))).toBe('none')
  })
})

describe('coming in', () => {
  const proof = { invite: 'key', sig: 'S' as Signature }
  const newcomer = (name: string) => ({ card: story.card(idOf(name)), proof })

  it('takes an invite where the group is by invite, and uses it up', () => {
    const state = roster()
    expect(judgeAdmission(state, 'invite', { ...newcomer('a'), proof: null })).toBe('not-invited')
    expect(admit(state, 'invite', newcomer('a'), 7)).toBe(true)
    expect(admit(state, 'invite', newcomer('b'), 7)).toBe(true)
    expect(admit(state, 'invite', newcomer('c'), 7)).toBe(false)
    expect(state.members.has(idOf('c'))).toBe(false)
  })

  it('costs no use of the invite for who is a member already, and keeps the role', () => {
    const state = roster()
    expect(admit(state, 'invite', { card: story.card(admin, ['new:1']), proof }, 7)).toBe(true)
    expect(state.members.get(admin)).toEqual({
      card: story.card(admin, ['new:1']),
      role: 'admin',
      since: 0,
    })
    expect(state.invites.get('key')?.usesLeft).toBe(2)
  })

  it('is not possible with an invite that was revoked', () => {
    const state = roster()
    applyRosterOperation(state, admin, operation('revoke', 'key'))
    expect(judgeAdmission(state, 'invite', newcomer('a'))).toBe('not-invited')
  })
})
