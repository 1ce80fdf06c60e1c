/** `node test/fuzz/main.ts [frames] [seed]`: a million frames at the gate unless told otherwise. */
import { fuzzGate } from './gate-fuzz.ts'

const frames = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? 1)
const startedAt = performance.now()
const report = await fuzzGate(frames, seed)
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
console.log(`${JSON.stringify(report)} in ${seconds} s, seed ${seed}`)
