/** `npm run sim -- --guarantees`: what docs/protocol.md promises in figures, measured. */
import {
  countChanges,
  failOverPackets,
  measureFailOver,
  measureHeal,
  measureShape,
  shapes,
  type Shape,
} from './guarantees.ts'
import { countMerges, measureChurn } from './guarantees-churn.ts'
import { table } from './table.ts'

interface Row {
  readonly what: string
  readonly measured: string
  readonly bound: string
  readonly holds: boolean
}

const failOver = (members: number): Row => {
  const { packets, ms } = measureFailOver(members, 1)
  const bound = failOverPackets(members)
  return {
    what: `fail-over in a group of ${members}`,
    measured: `${packets} packets, ${ms} ms`,
    bound: `${bound} packets`,
    holds: packets <= bound,
  }
}

const heal = (onlyThroughOthers: boolean, seeds: number, boundMs: number): Row => {
  const times = Array.from({ length: seeds }, (_, seed) => measureHeal(seed + 1, onlyThroughOthers))
  const worst = Math.max(...times)
  return {
    what: `three and two, a minute apart, heal${onlyThroughOthers ? ', only through others' : ''}`,
    measured: `${worst} ms (worst of ${seeds})`,
    bound: `${boundMs} ms`,
    holds: worst <= boundMs,
  }
}

const shapeRow = (how: Shape, seeds: number, members = 5): Row => {
  const wrong = Array.from({ length: seeds }, (_, seed) => measureShape(seed + 1, how, members))
  const [why] = wrong.filter((one) => one !== null)
  return {
    what: `${members} members, links: ${how}`,
    measured: why ?? `all is well (${seeds} seeds)`,
    bound: 'one leader, no change in the second minute',
    holds: why === undefined,
  }
}

const calm = (hours: number): Row => {
  const changes = countChanges(1, hours, 0.01)
  return {
    what: `${hours} h at 1 % loss`,
    measured: `${changes} changes of leader`,
    bound: '0',
    holds: changes === 0,
  }
}

const churn = (minutes: number): Row => {
  const { written, inTime } = measureChurn(1, minutes)
  return {
    what: `${minutes} min, cut at random anew every 20 s`,
    measured: `${inTime} of ${written} messages have a place within 30 s`,
    bound: '99 %',
    holds: inTime >= 0.99 * written,
  }
}

const merges = (sides: number, seeds: number): Row => {
  const counts = Array.from({ length: seeds }, (_, seed) => countMerges(seed + 1, sides))
  const most = Math.max(...counts)
  return {
    what: `eight members in ${sides} sides become one again`,
    measured: `${most} merges (most of ${seeds})`,
    bound: `${sides - 1} merges`,
    holds: most < sides,
  }
}

/** Prints all of it; false if something does not hold. */
export const printGuarantees = (): boolean => {
  const rows = [
    ...[5, 32, 200, 1_000].map(failOver),
    heal(false, 20, 5_000),
    heal(true, 20, 12_000),
    ...shapes.map((how) => shapeRow(how, 5)),
    shapeRow('one dead link', 1, 60),
    shapeRow('star', 1, 60),
    ...[2, 4, 8].map((sides) => merges(sides, 10)),
    churn(10),
    calm(24),
  ]
  const cells = rows.map(({ what, measured, bound, holds }) => [
    what,
    measured,
    bound,
    holds ? 'yes' : 'NO',
  ])
  console.log(table(['What', 'Measured', 'Promised', 'Holds'], cells))
  return rows.every(({ holds }) => holds)
}
