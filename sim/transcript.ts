/** What the members of a cluster learn, in words: one line each, for people to read and to compare. */
import { eventText } from '../src/core/decisions.ts'
import type { Effect, GroupEvent } from '../src/core/effect.ts'
import type { NodeId } from '../src/core/ids.ts'
import type { Replica } from '../src/core/replica.ts'
import type { Checker } from './checkers/checker.ts'
import type { SimNode } from './world.ts'

interface Line {
  readonly nodes: string[]
  readonly text: string
}

/** `n7` is written 7. */
export const nameOf = (id: NodeId | string): string => id.replace(/^n/, '')

export const namesOf = (ids: readonly (NodeId | string)[]): string => ids.map(nameOf).join(' ')

export class Transcript implements Checker {
  readonly name = 'transcript'
  #lines: Line[] = []
  /** Off while a group is put together: nobody wants to read that every time. */
  isOn = true

  /** Members that learn the same at about the same time share a line; each keeps its own order. */
  add(id: NodeId, text: string): void {
    if (!this.isOn) return
    const node = nameOf(id)
    const last = this.#lines.findLastIndex((line) => line.nodes.includes(node))
    const same = this.#lines.findIndex((line, index) => index > last && line.text === text)
    const line = this.#lines[same]
    if (line === undefined) this.#lines.push({ nodes: [node], text })
    else line.nodes.push(node)
  }

  /** Something that is asked for, not learnt. */
  say(text: string): void {
    this.#lines.push({ nodes: [], text })
  }

  /** Everything since the last call. */
  take(): readonly string[] {
    const lines = this.#lines.map(({ nodes, text }) =>
      nodes.length === 0 ? text : `${nodes.toSorted().join(' ')} ${text}`,
    )
    this.#lines = []
    return lines
  }

  afterEffect(node: SimNode, replica: Replica, effect: Effect): void {
    if (effect.type !== 'event') return
    for (const text of describe(replica, effect.event)) this.add(node.id, text)
  }
}

const describe = (replica: Replica, event: GroupEvent): readonly string[] => {
  if (event.event === 'delivered')
    return event.order.visible.map(
      ({ author, content, folded }, index) =>
        `reads #${event.order.fromPosition + index} ${nameOf(author)}: ${content.text}` +
        (folded ? '  (no member there)' : ''),
    )
  const text = eventText(replica, event, nameOf)
  return text === null ? [] : [text]
}
