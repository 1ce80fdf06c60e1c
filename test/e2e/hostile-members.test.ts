// Members that were put out and go on, and leaders that forge: what the others make of it.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { Draft } from '../../src/core/appending.ts'
import { batchText } from '../../src/core/entry-codec.ts'
import { cardOf } from '../../src/core/founding.ts'
import { Identity } from '../../src/crypto/identity.ts'
import { inviteKeyOf } from '../../src/crypto/invite-key.ts'
import { nodeCrypto, verifySignature } from '../../src/crypto/node-crypto.ts'
import type { Hash, NodeId, TermId } from '../../src/core/ids.ts'
import type { Packet, Summary } from '../../src/core/packet.ts'
import { textsOf } from './harness/checks.ts'
import { idOf, Puppet, said } from './harness/puppet.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()

const nothingYet: Summary = { head: null, tips: [], terms: [] }

/** All honest members have the same, and it is this. */
const expectTexts = async (members: readonly Member[], texts: readonly string[]): Promise<void> => {
  for (const member of members) expect(textsOf(await member.history('lobby'))).toEqual(texts)
}

const askIn = (puppet: Puppet, anew: boolean, summary?: Summary): Packet => {
  const { card, admission, history } = puppet.replica
  const { proof } = admission
  return { kind: 'join_network', card, proof, summary: summary ?? history.summary(), anew }
}

/** Everything that somebody who was put out may try to get what was said since. */
const tryEverything = (puppet: Puppet, to: NodeId, other: NodeId): void => {
  const { id: origin, instance: originInstance } = puppet
  const { history } = puppet.replica
  const { head } = history
  if (head === null) throw new Error('there is no history')
  const { term } = head
  const around = { origin, originInstance, to: other, path: [other], trail: [], sig: '' } as const
  const sync: Packet = { kind: 'sync', summary: history.summary() }
  const inner: Packet = { kind: 'heartbeat', term, beat: 1_000_000, seq: 0, live: 9, ...noMarks }
  const packets: readonly Packet[] = [
    sync,
    { kind: 'sync', summary: nothingYet },
    { kind: 'relay', ...around, packet: sync },
    { kind: 'send_message', batches: [{ kind: 'message', batch: puppet.batch('message', nag) }] },
    { kind: 'pulse', term, leader: to, beat: 1, seq: 0, tips: [head] },
    { kind: 'ack', term, seq: 1_000_000 },
    inner,
    { kind: 'election', round: 1, term, beat: 1_000_000 },
    { kind: 'coordinator', term, leader: origin, entries: [], gaveUp: null },
    { kind: 'append', term, entries: history.log.range(term, 0, 0) },
    { kind: 'check', ...head },
    { kind: 'merge', step: { step: 'offer', summary: history.summary() } },
  ]
  for (const packet of packets) puppet.tell(to, packet)
}
const nag = said('I am still here')
const noMarks = { marks: { floor: 0, above: [], viewSeq: 0, below: 0 } }

/** The signed operation that a member is shown when it is turned away. */
const expectProof = (puppet: Puppet, packet: Packet, code: string, by: Member): void => {
  if (packet.kind !== 'turned_away') throw new Error(packet.kind)
  expect(packet.code).toBe(code)
  const { proof } = packet
  if (proof === null) throw new Error('without proof')
  expect(proof.author).toBe(by.ready.id)
  expect(proof.items[0]?.content).toMatchObject({ ref: puppet.id })
  const signed = batchText(puppet.group, 'roster', proof)
  expect(verifySignature(proof.author, signed, proof.sig)).toBe(true)
}

test('who was kicked, then banned, and goes on talking gets nothing said since', async () => {
  const members = await scene().group('lobby', ['alice', 'bob'])
  const [alice, bob] = members as [Member, Member]
  const { id: group } = await alice.network('lobby')
  const mallory = await Puppet.join({ group, name: 'mallory', via: [alice, bob] })
  await bob.json('send', 'lobby', 'before', '--wait', 'all')
  expect(mallory.textsHeard()).toContain('before')

  await alice.json('kick', 'lobby', mallory.id)
  await bob.json('send', 'lobby', 'after the kick', '--wait', 'all')
  for (const [to, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    tryEverything(mallory, idOf(to), idOf(other))
    // What it may have is its past, up to why it is out: also when it pretends to know nothing.
    const since = mallory.heard.length
    const sync = { kind: 'sync', summary: nothingYet } as const
    const page = await mallory.ask(idOf(to), sync, 'entries', ({ entries }) => entries.length > 0)
    expect(page.entries.at(-1)?.entry.kind).toBe('roster')
    expect([...new Set(mallory.textsHeard(since))]).toEqual(['before'])
    // With an old summary, as one who has not heard of it: it is shown the operation itself.
    const old = { ...nothingYet, head: page.entries.at(-2) ?? null } as const
    const at = old.head?.entry
    if (at === undefined || old.head === null || at.term === '') throw new Error('too short')
    const head = { term: at.term, seq: at.seq, hash: old.head.hash }
    const asking = askIn(mallory, false, { ...nothingYet, head, terms: [head] })
    expectProof(mallory, await mallory.ask(idOf(to), asking, 'turned_away'), 'NOT_A_MEMBER', alice)
  }
  const batch = mallory.batch('message', nag)
  const message = { kind: 'send_message', batches: [{ kind: 'message', batch }] } as const
  expect(await mallory.ask(idOf(alice), message, 'refused')).toMatchObject({ code: 'NOT_A_MEMBER' })

  expect(mallory.textsHeard()).not.toContain('after the kick')

  // The group is open: who was kicked may come back by asking anew, who was banned may not.
  mallory.tell(idOf(alice), askIn(mallory, true))
  await until('mallory is back', async () => (await bob.network('lobby')).roster === 3)
  await alice.json('ban', 'lobby', mallory.id)
  await bob.json('send', 'lobby', 'after the ban', '--wait', 'all')
  const since = mallory.heard.length
  for (const [to, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    tryEverything(mallory, idOf(to), idOf(other))
    for (const anew of [true, false]) {
      const answer = await mallory.ask(idOf(to), askIn(mallory, anew), 'turned_away')
      expectProof(mallory, answer, 'BANNED', alice)
    }
  }
  const kinds = new Set(mallory.heard.slice(since).map(({ packet }) => packet.kind))
  expect([...kinds].filter((kind) => kind !== 'relay')).toEqual(['turned_away'])
  await allAgree(members, 'lobby', { count: 3 })
  await expectTexts(members, ['before', 'after the kick', 'after the ban'])
})

test('the links of who was put out are closed everywhere, also while it talks', async () => {
  const members = await scene().group('lobby', ['alice', 'bob', 'carol'])
  const [alice, bob] = members as [Member, Member, Member]
  const { id: group } = await alice.network('lobby')
  const mallory = await Puppet.join({ group, name: 'mallory', via: members })
  // As one that does not care: it hears nothing of what it is told.
  mallory.heeds = ({ kind }) => kind !== 'append' && kind !== 'turned_away' && kind !== 'entries'
  const talk = (): void => {
    for (const member of members)
      if (mallory.isLinked(idOf(member))) tryEverything(mallory, idOf(member), idOf(bob))
  }
  for (const member of members) tryEverything(mallory, idOf(member), idOf(alice))
  await until('mallory is linked to all', () => members.every((one) => mallory.isLinked(idOf(one))))
  // A ban: who was only kicked, and knows it, may ask to come back into an open group.
  await alice.json('ban', 'lobby', mallory.id)
  mallory.redials = false
  const isCutOff = (): boolean => {
    talk()
    return members.every((one) => !mallory.isLinked(idOf(one)))
  }
  await until('all of them have hung up', isCutOff, 10_000)
  // A link of its own making is heard out for a moment, told why, and closed again. It says nothing
  // besides: its core still holds itself for a member, looks for a leader, and would dial anew.
  mallory.tamper = () => null
  const asking = askIn(mallory, false)
  const answer = await mallory.ask(idOf(bob), asking, 'turned_away', ({ proof }) => proof !== null)
  expectProof(mallory, answer, 'BANNED', alice)
  const isAlone = (): boolean => members.every((one) => !mallory.isLinked(idOf(one)))
  expect(await until('the new one is closed as well', isAlone, 20_000)).toBe(true)
  await allAgree(members, 'lobby')
})

/** The key in a link, as whoever got the link has it. */
const keyIn = (link: string): Identity => {
  const key = inviteKeyOf(new URL(link).hash.slice(1))
  if (key === null) throw new Error('there is no key in it')
  return key
}

const invite = async (member: Member, uses = 1): Promise<string> =>
  (await member.call('invite', { network: 'lobby', uses })).link

/** A group by invite of two, and somebody hostile who was invited as they were. */
const byInvite = async () => {
  const alice = await scene().member('alice')
  const { network } = await alice.call('create', { name: 'lobby', policy: 'invite' })
  const key = keyIn(await invite(alice))
  const mallory = await Puppet.join({
    group: network.id,
    name: 'mallory',
    via: [alice],
    invite: key,
  })
  const bob = await scene().member('bob')
  await bob.call('join', { target: await invite(alice) })
  return { alice, bob, mallory, key, group: network.id }
}

test('who was kicked cannot come back with the invite that is used up', async () => {
  const { alice, bob, mallory, key, group } = await byInvite()
  await alice.json('kick', 'lobby', mallory.id)
  await bob.json('send', 'lobby', 'without mallory', '--wait', 'all')
  for (const member of [alice, bob]) {
    const answer = await mallory.ask(idOf(member), askIn(mallory, true), 'turned_away')
    expect(answer.code).toBe('NOT_INVITED')
  }
  // With a new key: the invite is used up, and mallory's proof was for mallory's key.
  const fresh = await Puppet.come({ group, name: 'new key', via: [alice, bob], invite: key })
  await until('the new key is turned away', () => fresh.replica.role.name === 'left')
  const { card } = fresh.replica
  const { proof } = mallory.replica.admission
  const copied = { kind: 'join_network', card, proof, summary: nothingYet, anew: true } as const
  for (const member of [alice, bob])
    expect((await fresh.ask(idOf(member), copied, 'turned_away')).code).toBe('NOT_INVITED')
  // Who is out already can be banned as well, and then gets not even its past.
  await alice.json('ban', 'lobby', mallory.id)
  for (const member of [alice, bob]) {
    const answer = await mallory.ask(idOf(member), askIn(mallory, true), 'turned_away')
    expectProof(mallory, answer, 'BANNED', alice)
  }
  // Nor is anybody who was never in told a word of what was said.
  for (const member of [alice, bob]) fresh.tell(idOf(member), { kind: 'sync', summary: nothingYet })
  await fresh.ask(idOf(alice), copied, 'turned_away')
  expect(fresh.heard.filter(({ packet }) => packet.kind === 'entries')).toEqual([])
  expect(mallory.textsHeard()).not.toContain('without mallory')
  for (const member of [alice, bob]) expect((await member.network('lobby')).roster).toBe(2)
})

test('somebody who was never let in reads nothing, by whatever it asks or claims', async () => {
  const { alice, bob, group } = await byInvite()
  await bob.json('send', 'lobby', 'among us', '--wait', 'sequenced')
  const before = await alice.network('lobby')
  const eve = await Puppet.come({ group, name: 'eve', via: [alice, bob] })
  await until('eve is turned away', () => eve.replica.role.name === 'left')
  const { id: leader, instance: originInstance } = eve
  const term = before.head as string as TermId
  const claim = { term, leader, live: 1_000_000, number: 0 }
  const head = { term, seq: 3, hash: before.head as Hash }
  const claimed: Summary = { head, tips: [head], terms: [head] }
  const sync: Packet = { kind: 'sync', summary: nothingYet }
  const packets = (to: NodeId, other: NodeId): readonly Packet[] => [
    sync,
    { kind: 'sync', summary: claimed },
    { kind: 'entries', entries: [], more: true, summary: claimed },
    { kind: 'heartbeat', term, beat: 1_000, seq: 0, live: 9, ...noMarks },
    { kind: 'election', round: 1, term, beat: 1_000_000 },
    { kind: 'vote', round: 1, says: { answer: 'here', summary: claimed } },
    { kind: 'coordinator', term, leader, entries: [], gaveUp: null },
    { kind: 'check', ...head },
    {
      kind: 'relay',
      origin: other,
      originInstance,
      to,
      path: [],
      trail: [],
      packet: sync,
      sig: '',
    },
    { kind: 'merge', step: { step: 'probe', term, leader, claim, answer: true } },
    { kind: 'merge', step: { step: 'offer', summary: claimed } },
    { kind: 'merge', step: { step: 'hello', claim, members: [leader], summary: claimed } },
    { kind: 'merge', step: { step: 'welcome', term, gaveUp: term, beat: 1 } },
    { kind: 'leave_network' },
  ]
  for (const [to, other] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    for (const packet of packets(idOf(to), idOf(other))) eve.tell(idOf(to), packet)
  // By the time that this is answered all else was read.
  for (const member of [alice, bob]) await eve.ask(idOf(member), askIn(eve, true), 'turned_away')
  const told = new Set(eve.heard.map(({ packet }) => packet.kind))
  for (const kind of ['join_network', 'redirect', 'turned_away', 'sync', 'relay'] as const)
    told.delete(kind)
  expect([...told]).toEqual([])
  expect(eve.textsHeard()).toEqual([])
  const after = await alice.network('lobby')
  expect([after.leader, after.head, after.term]).toEqual([before.leader, before.head, before.term])
})

/** How often a member has refused something for that reason. */
const refusals = async (member: Member, why: string): Promise<number> =>
  (await member.network('lobby')).refused?.[why] ?? 0

/** The hostile one is the most senior of those who are left, and leads. */
const takeOver = async (mallory: Puppet, others: readonly Member[]): Promise<void> => {
  await until('mallory leads all others', async () => {
    const all = await Promise.all(others.map((member) => member.network('lobby')))
    return all.every(({ leader }) => leader?.id === mallory.id)
  })
  await until('all are in the view', () => mallory.replica.viewSize() === others.length + 1)
}

test('what a forging leader makes up is refused by all, and has no effect', async () => {
  const { alice, bob, mallory } = await byInvite()
  const carol = await scene().member('carol')
  await carol.call('join', { target: await invite(alice) })
  await bob.json('send', 'lobby', 'honest', '--wait', 'all')
  // Another group of bob's, in which he said something else.
  const { network: other } = await bob.call('create', { name: 'other' })
  await bob.json('send', 'other', 'said elsewhere')
  const spy = await Puppet.join({ group: other.id, name: 'spy', via: [bob] })
  await until('the spy has it', () => spy.textsHeard().includes('said elsewhere'))
  await alice.kill('SIGTERM')
  const honest = [bob, carol]
  await takeOver(mallory, honest)

  const byBob = (puppet: Puppet): Draft => {
    const { log } = puppet.replica.history
    for (const { id, last } of log.terms.values())
      for (const { entry } of log.range(id, 0, last))
        if (entry.kind === 'message' && entry.body.author === bob.ready.id)
          return { kind: 'message', body: entry.body }
    throw new Error('bob has said nothing')
  }
  const alter = (draft: Draft): Draft => {
    if (draft.kind !== 'message') throw new Error(draft.kind)
    const items = draft.body.items.map((item) => ({ ...item, content: said('never said') }))
    return { kind: 'message', body: { ...draft.body, items } }
  }
  const { id: owner } = alice.ready
  const kick = { kind: 'kick', text: '', ref: carol.ready.id }
  const forgeries = {
    'an altered message': ['bad-signature', mallory.forge(alter(byBob(mallory)))],
    'a message that the leader signed in the name of another': [
      'bad-signature',
      mallory.forge({ kind: 'message', body: mallory.batch('message', said('no'), idOf(bob)) }),
    ],
    'what was said in another group': ['bad-signature', mallory.forge(byBob(spy))],
    'an operation in the name of the owner': [
      'bad-signature',
      mallory.forge({ kind: 'roster', body: mallory.batch('roster', kick, owner as NodeId) }),
    ],
    'a clock that runs ahead': [
      'bad-clock',
      mallory.forge({ kind: 'message', body: mallory.batch('message', said('late')) }, 1_000),
    ],
    'a hash of something else': [
      'bad-hash',
      {
        ...mallory.forge({ kind: 'message', body: mallory.batch('message', said('x')) }),
        hash: mallory.group as string as Hash,
      },
    ],
  } as const
  const { term } = mallory.leading
  for (const [what, [why, entry]] of Object.entries(forgeries))
    for (const member of honest) {
      const before = await refusals(member, why)
      mallory.tell(idOf(member), { kind: 'append', term, entries: [entry] })
      await until(`${member.name} refuses ${what}`, async () => {
        return (await refusals(member, why)) > before
      })
    }

  // What only looks entitled gets its place, and changes nothing.
  const { group } = mallory
  const stranger = Identity.generate()
  const self = { id: stranger.id, name: 'stranger', addresses: [] }
  const card = cardOf(nodeCrypto(stranger), self, group)
  mallory.sequence({ kind: 'roster', body: mallory.batch('roster', kick) })
  mallory.sequence({ kind: 'activate', body: { members: [{ card, proof: null }] } })
  const smuggled = mallory.batch('message', said('let me in'), stranger.id, stranger)
  mallory.sequence({ kind: 'message', body: smuggled })
  mallory.sequence({ kind: 'message', body: mallory.batch('message', said('the last word')) })
  await until('the last word is everywhere', async () => {
    const all = await Promise.all(honest.map((member) => member.network('lobby')))
    return all.every(({ count, head }) => count === 3 && head === mallory.replica.headHash())
  })
  for (const member of honest) {
    const { roster, active } = await member.network('lobby')
    expect([roster, active]).toEqual([4, 3])
  }
  await carol.json('send', 'lobby', 'still here', '--wait', 'all')
  await expectTexts(honest, ['honest', 'let me in', 'the last word', 'still here'])
  for (const member of honest) {
    const marked = (await member.history('lobby')).map(({ folded }) => folded === true)
    expect(marked).toEqual([false, true, false, false])
    expect((await member.run('history', 'lobby')).stdout).not.toContain('let me in')
  }
})

/** What a command shows that follows the group, as JSON. */
const follow = (member: Member): (() => readonly { readonly event?: string }[]) => {
  const args = ['tail', '-f', 'lobby', '--json', '--data-dir', member.dataDir]
  const { lines } = scene().start(`tail of ${member.name}`, args, {})
  return () => lines.map((line) => JSON.parse(line) as { event?: string })
}

test('a leader that tells two members two stories is shown to both', async () => {
  const pace = { args: ['--heartbeat-ms', '150'] }
  const alice = await scene().member('alice', pace)
  const { network } = await alice.call('create', { name: 'lobby' })
  const group = network.id
  const mallory = await Puppet.join({ group, name: 'mallory', via: [alice], heartbeatMs: 150 })
  const honest: Member[] = []
  for (const name of ['bob', 'carol']) {
    const member = await scene().member(name, pace)
    await member.call('join', { target: `${alice.ready.listen}/lobby` })
    honest.push(member)
  }
  const [bob, carol] = honest as [Member, Member]
  await alice.kill('SIGTERM')
  await takeOver(mallory, honest)
  await bob.json('send', 'lobby', 'honest', '--wait', 'all')
  const shown = honest.map(follow)
  await until('both follow', () => shown.every((lines) => lines().length > 0))

  const { term } = mallory.leading
  const lie = mallory.forge({ kind: 'message', body: mallory.batch('message', said('no')) })
  const place = lie.entry.seq
  mallory.tamper = (to, packet) => {
    const isToCarol = to === idOf(carol) && packet.kind === 'append'
    return isToCarol ? { kind: 'append', term, entries: [lie] } : packet
  }
  mallory.sequence({ kind: 'message', body: mallory.batch('message', said('yes')) })
  const truth = mallory.replica.headHash()
  await until('each has a story', async () => {
    const [ofBob, ofCarol] = await Promise.all(honest.map((member) => member.network('lobby')))
    return ofBob?.head === truth && ofCarol?.head === lie.hash
  })
  for (const lines of shown) {
    const isTold = () => lines().find(({ event }) => event === 'two-stories')
    const told = await until('it comes to light', isTold, 20_000)
    expect(told).toMatchObject({
      network: group,
      by: { id: mallory.id, name: 'mallory' },
      term,
      seq: place,
      hashes: expect.arrayContaining([truth, lie.hash]) as unknown,
    })
  }
  expect(textsOf(await bob.history('lobby'))).toEqual(['honest', 'yes'])
  expect(textsOf(await carol.history('lobby'))).toEqual(['honest', 'no'])

  // Such a place is never made one again: whoever gives up its side does so by its own decision.
  mallory.vanish()
  await until('carol follows bob', async () => {
    const [leads, follows] = await Promise.all(honest.map((member) => member.network('lobby')))
    return leads?.role === 'leader' && follows?.leader?.name === 'bob'
  })
  await bob.json('send', 'lobby', 'with bob', '--wait', 'queued')
  expect(textsOf(await carol.history('lobby'))).toEqual(['honest', 'no'])
  await carol.kill()
  for (const file of readdirSync(carol.dataDir))
    if (file.startsWith('parley.db')) rmSync(join(carol.dataDir, file))
  await carol.restart()
  await carol.json('join', `${bob.ready.listen}/lobby`)
  await allAgree(honest, 'lobby', { count: 3 })
  await expectTexts(honest, ['honest', 'yes', 'with bob'])
})

test('a leader that keeps back its own ban is deposed, and put out', async () => {
  const pace = { args: ['--heartbeat-ms', '150'] }
  const alice = await scene().member('alice', pace)
  const { network } = await alice.call('create', { name: 'lobby' })
  const group = network.id
  const mallory = await Puppet.join({ group, name: 'mallory', via: [alice], heartbeatMs: 150 })
  const bob = await scene().member('bob', pace)
  await bob.call('join', { target: `${alice.ready.listen}/lobby` })
  await alice.kill('SIGTERM')
  await takeOver(mallory, [bob])
  // The owner is back, as the most junior one.
  await alice.restart()
  await takeOver(mallory, [alice, bob])
  mallory.heeds = ({ kind }) => kind !== 'send_message'
  await alice.json('ban', 'lobby', mallory.id)
  await allAgree([alice, bob], 'lobby')
  for (const member of [alice, bob]) {
    const { leader, roster } = await member.network('lobby')
    expect([leader?.name, roster]).toEqual(['bob', 2])
  }
  await until('mallory is told', () => mallory.replica.role.name === 'left')
})
