/** Graphs with few links, in which everybody can still be reached, but not by everybody directly. */
import type { World } from './world.ts'

/** Leaves only some links, so that everybody can still be reached, but not by everybody directly. */
export const thin = (world: World): void => {
  const { network, prng } = world
  // Only members pass packets on: whoever does not belong must not be the only way.
  const judge = world.nodes.find(({ replica }) => replica !== null)?.replica ?? null
  const ids = world.nodes
    .map((node) => node.id)
    .filter((id) => judge?.onRoster(id) === true)
    .toSorted(() => prng.next() - 0.5)
  const shape = Math.floor(prng.next() * 6)
  const [first, second] = ids
  if (first === undefined || second === undefined) return
  const last = ids.length - 1
  const isLink: readonly ((i: number, j: number) => boolean)[] = [
    (i, j) => !(i + j === 1),
    () => true,
    (i, j) => i === 0 || j === 0,
    (i, j) => Math.abs(i - j) === 1,
    (i, j) => Math.abs(i - j) === 1 || Math.abs(i - j) === last,
  ]
  // Some can dial out and not be dialled, the first one apart: everybody reaches that one.
  if (shape === 5) for (const id of ids.slice(1)) if (prng.next() < 0.6) network.shut(id)
  const oneWay = shape === 1
  for (const [i, a] of ids.entries())
    for (const [j, b] of ids.entries()) {
      const isWhole = oneWay ? !(i === 0 && j === 1) : isLink[shape]?.(i, j)
      if (i !== j && isWhole === false) network.cut(a, b)
    }
  world.mark(`thin ${shape}`)
  world.note(null, `only some links work: shape ${shape} of ${ids.join(' ')}`)
}
