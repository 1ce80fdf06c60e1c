/**
 * `npm run demo`: what Parley is about, played by real processes on this machine. It ends with an
 * error if anything is not as told.
 */
import { Stage, type Actor } from './stage.ts'

const stage = new Stage()

/** All have the same head, one leads, and the messages are so many. */
const agree = async (actors: readonly Actor[], count: number): Promise<boolean> => {
  const all = await Promise.all(actors.map((actor) => stage.statusOf(actor)))
  const heads = new Set(all.map((one) => one?.head))
  const leaders = all.filter((one) => one?.role === 'leader')
  return (
    heads.size === 1 &&
    leaders.length === 1 &&
    all.every((one) => one?.count === count && one.active === actors.length)
  )
}

const expectSameOrder = async (actors: readonly Actor[], count: number): Promise<void> => {
  await stage.becomes(`all ${actors.length} have the same ${count} messages and head`, () =>
    agree(actors, count),
  )
  const all = await Promise.all(actors.map((actor) => stage.historyOf(actor)))
  const [first = []] = all
  const lines = all.map((messages) => messages.map(({ text }) => text).join('\n'))
  stage.check('in the same order everywhere', new Set(lines).size === 1)
  for (const { position, author, text } of first.slice(-5)) {
    console.log(`             #${position} ${author.name}: ${text}`)
  }
}

const showMembers = async (actor: Actor): Promise<void> => {
  for (const { leader, number, name, active } of await stage.membersOf(actor)) {
    const place = number === null ? '–' : String(number)
    console.log(`             ${leader ? '★' : ' '} ${place} ${name}${active ? '' : ' (away)'}`)
  }
}

const send = (actor: Actor, text: string): Promise<readonly unknown[]> =>
  stage.run(actor, ['send', 'lobby', text])

const createAndJoin = async (nds: string): Promise<readonly [Actor, Actor, Actor]> => {
  stage.scene('A group is created, and others join it through its leader')
  const alice = await stage.node('alice', nds)
  await stage.run(alice, ['create', 'lobby'])
  const bob = await stage.node('bob', nds)
  await stage.run(bob, ['join', 'lobby'])
  const carol = await stage.node('carol', nds)
  await stage.run(carol, ['join', 'lobby'])
  const all = [alice, bob, carol] as const
  await stage.becomes('three are active, and alice leads', () => agree(all, 0))
  await showMembers(carol)
  return all
}

const talkAtOnce = async (actors: readonly Actor[]): Promise<void> => {
  stage.scene('Everybody writes at once: one order for all')
  await Promise.all(
    actors.flatMap((actor) => [1, 2].map((number) => send(actor, `${actor.name} says ${number}`))),
  )
  await expectSameOrder(actors, actors.length * 2)
}

const loseLeader = async ([alice, bob, carol]: readonly [Actor, Actor, Actor]): Promise<void> => {
  stage.scene('The leader is killed (kill -9), and others write at that very moment')
  const lostAt = performance.now()
  await stage.kill(alice)
  stage.tell('alice is gone')
  await Promise.all([send(bob, 'did anybody see alice?'), send(carol, 'no, and this waited')])
  const ms = Math.round(performance.now() - lostAt)
  stage.tell(`both messages have their place, ${ms} ms after the kill`)
  await expectSameOrder([bob, carol], 8)
  const status = await stage.statusOf(carol)
  stage.check('bob leads now: the most senior of those left', status?.leader?.name === 'bob')
}

const comeBack = async (
  nds: string,
  [old, bob, carol]: readonly [Actor, Actor, Actor],
): Promise<Actor> => {
  stage.scene('The old leader comes back, as the most junior member, and misses nothing')
  const alice = await stage.node('alice', nds, old.listen)
  await expectSameOrder([alice, bob, carol], 8)
  const members = await stage.membersOf(alice)
  await showMembers(alice)
  const self = members.find(({ name }) => name === 'alice')
  stage.check('alice has a new number, after all others', (self?.number ?? 0) > 2)
  stage.check(
    'bob still leads',
    members.some(({ name, leader }) => name === 'bob' && leader),
  )
  await send(alice, 'I am back')
  await expectSameOrder([alice, bob, carol], 9)
  return alice
}

const kickOne = async (alice: Actor, bob: Actor, carol: Actor): Promise<void> => {
  stage.scene('A member is removed, and everyone sees it')
  await stage.run(alice, ['kick', 'lobby', 'carol'])
  await stage.becomes('alice and bob go on without carol', () => agree([alice, bob], 9))
  const listed = await stage.membersOf(bob)
  stage.check(
    'carol is on nobody’s list',
    listed.every(({ name }) => name !== 'carol'),
  )
  const refused = await send(carol, 'can you hear me?').then(
    () => false,
    () => true,
  )
  stage.check('carol is told that she is no member any more', refused)
  await send(bob, 'the end')
  await expectSameOrder([alice, bob], 10)
}

const play = async (): Promise<void> => {
  const nds = await stage.start('discovery', [
    'nds',
    '--listen',
    '127.0.0.1:0',
    '--data-dir',
    `${stage.folder}/nds`,
  ])
  const url = nds['url'] ?? ''
  stage.tell(`a Node Discovery Service listens at ${url}`)
  const three = await createAndJoin(url)
  await talkAtOnce(three)
  await loseLeader(three)
  const alice = await comeBack(url, three)
  await kickOne(alice, three[1], three[2])
}

process.once('SIGINT', () => {
  stage.end()
  process.exit(130)
})

try {
  await play()
  stage.tell('All as told.')
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  stage.end()
}
