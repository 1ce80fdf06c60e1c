/**
 * `npm run fuzz -- [frames] [seed]`: a million broken frames at the gate of a link, then as many
 * packets through the gate into a living group, unless told otherwise.
 */
import { fuzzGate } from './gate-fuzz.ts'
import { fuzzGroup } from './group-fuzz.ts'

const frames = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? 1)

const timed = async (what: string, act: () => unknown): Promise<void> => {
  const startedAt = performance.now()
  const report = await act()
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  console.log(`${what}: ${JSON.stringify(report)} in ${seconds} s, seed ${seed}`)
}

await timed('at the gate', () => fuzzGate(frames, seed))
await timed('into a group', () => fuzzGroup(frames, seed))
