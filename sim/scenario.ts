/**
 * Transcripts: what is done to a cluster, and after `----` what its members learn of it. Read by
 * people, run by a test: see `scenarios/`.
 */
import type { NodeId } from '../src/core/ids.ts'
import {
  actOf,
  durationOf,
  linkOf,
  quotedIn,
  sidesOf,
  type Act,
  type Section,
} from '../src/core/scenario.ts'
import { allCheckers } from './checkers/all.ts'
import { unrest } from './checkers/liveness.ts'
import { backUp, rollDiskBack, wipeDisk } from './disks.ts'
import { noFaults } from './faults.ts'
import { nameOf, namesOf, Transcript } from './transcript.ts'
import { World, type SimNode } from './world.ts'

/** Longest time that putting a group together may take, ms. */
const assemblyMs = 20_000

class Stage {
  readonly transcript = new Transcript()
  readonly world: World

  constructor() {
    this.world = new World({
      seed: 1,
      checkers: [...allCheckers(), this.transcript],
      faults: noFaults,
    })
  }

  perform(line: string): void {
    const found = actOf(this.#acts, line)
    if (found !== null) found.act(found.words, line)
  }

  readonly #acts: Readonly<Record<string, Act>> = {
    nodes: ([count = '1']) => this.#assemble(Number(count)),
    advance: ([time = '']) => this.world.runUntil(this.world.now + durationOf(time)),
    say: ([name = ''], line) => this.world.say(this.#node(name), quotedIn(line)),
    partition: (_words, line) => this.#partition(line),
    heal: () => this.world.network.heal(),
    cut: ([links = '']) => this.#cut(links),
    mend: ([links = '']) => {
      const [a = '', b = ''] = links.split('-')
      this.world.network.join(this.#node(a).id, this.#node(b).id)
    },
    crash: (names) => names.forEach((name) => this.world.crash(this.#node(name))),
    vanish: (names) => this.#vanish(names),
    restart: (names) => names.forEach((name) => this.world.resume(this.#node(name))),
    pause: ([name = '', time = '']) => this.world.pause(this.#node(name), durationOf(time)),
    backup: ([name = '']) => backUp(this.#node(name)),
    'roll-back': ([name = '']) => rollDiskBack(this.world, this.#node(name)),
    wipe: ([name = '']) => wipeDisk(this.world, this.#node(name)),
    join: ([name = '']) => this.#join(name),
    leave: ([name = '']) => this.world.input(this.#node(name), { type: 'leave' }),
    kick: ([by = '', whom = '']) => this.#operate(by, 'kick', whom),
    ban: ([by = '', whom = '']) => this.#operate(by, 'ban', whom),
    show: ([what = '']) => this.#show(what),
  }

  #node(name: string): SimNode {
    return this.world.node(`n${name}` as NodeId)
  }

  /** The first founds the group; the others come in one after the other. */
  #assemble(count: number): void {
    const { world, transcript } = this
    transcript.isOn = false
    for (let index = 0; index < count; index += 1) world.addNode()
    const [founder, ...others] = world.nodes
    if (founder === undefined) throw new Error('a group has members')
    const settings = { policy: 'open', listed: true } as const
    world.start(founder, { how: 'found', name: 'lobby', settings, createdAt: 0, nonce: 'n' })
    for (const node of others) {
      this.#comeIn(node, [founder.id])
      while (unrest(world) !== null && world.now < assemblyMs) world.runUntil(world.now + 10)
    }
    world.runUntil(assemblyMs)
    transcript.isOn = true
    const view = founder.replica?.history.state.view.members.map((member) => member.id) ?? []
    transcript.say(`${nameOf(founder.id)} leads lobby  view=[${namesOf(view)}]`)
  }

  #join(name: string): void {
    while (this.world.nodes.length < Number(name)) this.world.addNode()
    const node = this.#node(name)
    const known = this.world.nodes.filter((one) => one !== node && one.replica !== null)
    this.#comeIn(
      node,
      known.map((one) => one.id),
    )
  }

  #comeIn(node: SimNode, via: readonly NodeId[]): void {
    const { group } = this.world
    if (group !== null) this.world.start(node, { how: 'join', group, via, proof: null })
  }

  /** `[1] [2 3]`: only those in the same brackets hear each other. */
  #partition(line: string): void {
    const sides = sidesOf(line)
    const sideOf = (node: SimNode): number =>
      sides.findIndex((side) => side.includes(nameOf(node.id)))
    this.world.network.heal()
    for (const a of this.world.nodes)
      for (const b of this.world.nodes)
        if (sideOf(a) !== sideOf(b)) this.world.network.cut(a.id, b.id)
  }

  /** `1>2`: 2 does not hear 1 any more; `1-2`: neither hears the other. */
  #cut(links: string): void {
    const { from, to, isBoth } = linkOf(links)
    this.world.network.cut(this.#node(from).id, this.#node(to).id)
    if (isBoth) this.world.network.cut(this.#node(to).id, this.#node(from).id)
  }

  /** Like a crash, but nobody's connection is refused: as if the power were cut. */
  #vanish(names: readonly string[]): void {
    this.world.network.faults = { ...noFaults, refuses: false }
    for (const name of names) this.world.crash(this.#node(name))
    this.world.network.faults = noFaults
  }

  #operate(by: string, kind: string, whom: string): void {
    this.world.operate(this.#node(by), kind, this.#node(whom).id)
  }

  /** Who has the same head, order or view as whom. */
  #show(what: string): void {
    const groups = new Map<string, string[]>()
    for (const node of this.world.nodes) {
      const said = this.#describe(node, what)
      if (said !== null) groups.set(said, [...(groups.get(said) ?? []), nameOf(node.id)])
    }
    if (what === 'heads')
      this.transcript.say(
        `heads ${[...groups.values()].map((some) => `[${some.join(' ')}]`).join(' ')}`,
      )
    else for (const [said, some] of groups) this.transcript.say(`${some.join(' ')} ${said}`)
  }

  #describe({ replica, disk }: SimNode, what: string): string | null {
    if (replica === null) return null
    const { head, state } = replica.history
    if (what === 'heads') return head?.hash ?? ''
    if (what === 'views')
      return state.view.members.map(({ id, number }) => `${nameOf(id)}=${number}`).join(' ')
    if (what !== 'orders') throw new Error(`cannot show ${what}`)
    const all = disk?.messages({ from: 1, limit: Number.MAX_SAFE_INTEGER }) ?? []
    return all.map(({ author, content }) => `${nameOf(author)}:${content.text}`).join(' ')
  }
}

/** Does what the transcript says; the same transcript with what happened. */
export const runScenario = (sections: readonly Section[]): readonly Section[] => {
  const stage = new Stage()
  const run = sections.map(({ doing }) => {
    for (const line of doing) stage.perform(line)
    return { doing, expected: stage.transcript.take() }
  })
  if (unrest(stage.world) === null)
    for (const checker of stage.world.checkers) checker.atEnd?.(stage.world)
  return run
}
