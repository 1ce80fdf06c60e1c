/** Checks a file that `parley export` wrote, with nothing but the file: no node, no network. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

import { namedParents, type Flaw } from '../core/auditor.ts'
import { entryFromArray, isHash, isSignature } from '../core/entry-codec.ts'
import { termOf, type SignedEntry } from '../core/entry.ts'
import { HistoryCheck, type PlannedRun } from '../core/history-check.ts'
import type { GroupId, Hash, Place, TermId } from '../core/ids.ts'
import type { LogReader } from '../core/log-reader.ts'
import { sha256, verifySignature } from '../crypto/node-crypto.ts'
import { ParleyError } from '../rpc/errors.ts'
import { flawText } from '../store/damage.ts'

export interface CheckedFile {
  readonly ok: true
  readonly network: { readonly id: GroupId; readonly name: string }
  readonly entries: number
  readonly messages: number
  readonly head: Hash | null
  readonly fingerprint: string | null
}

interface Line {
  /** From 1. */
  readonly number: number
  readonly index: number | null
  readonly signed: SignedEntry
}

const crypto = { hash: sha256, verify: verifySignature }

const failed = (number: number, what: string, data: object = {}): ParleyError =>
  new ParleyError('VERIFICATION_FAILED', `Line ${number}: ${what}`, {
    hint: 'The file is not what a member exported: do not trust it from this line on.',
    data: { line: number, ...data },
  })

const readLine = (text: string, number: number): Line => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw failed(number, 'it is not JSON')
  }
  const { index, hash, sig, entry } = (value ?? {}) as Readonly<Record<string, unknown>>
  const read = entryFromArray(entry)
  const isIndex = index === null || Number.isSafeInteger(index)
  if (read === null || !isHash(hash) || !isIndex || !(sig === null || isSignature(sig)))
    throw failed(number, 'it is not an entry')
  return { number, index: index as number | null, signed: { entry: read, hash, sig } }
}

/** Reads the file anew each time: it may be larger than the memory. */
async function* linesOf(path: string): AsyncGenerator<Line, void> {
  const input = createReadStream(path, { encoding: 'utf8' })
  let number = 0
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      number += 1
      if (text !== '') yield readLine(text, number)
    }
  } catch (thrown) {
    if (thrown instanceof ParleyError) throw thrown
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new ParleyError('USAGE', `Cannot read the file: ${why}`, {
      hint: 'Name a file that parley export wrote.',
    })
  } finally {
    input.destroy()
  }
}

const placeOf = ({ signed }: Line): Place => ({ term: termOf(signed), seq: signed.entry.seq })

/** The shape of the history in the file, as a reader of the log. */
interface Shape {
  readonly reader: LogReader
  readonly head: Line | null
}

const shapeOf = async (path: string): Promise<Shape> => {
  const skeleton: SignedEntry[] = []
  const ends = new Map<TermId, SignedEntry>()
  let head: Line | null = null
  for await (const line of linesOf(path)) {
    const { signed } = line
    if (line.index !== null) head = line
    const { kind } = signed.entry
    if (kind === 'genesis' || kind === 'open' || kind === 'merge') skeleton.push(signed)
    ends.set(termOf(signed), signed)
  }
  const wanted = new Set(skeleton.flatMap(namedParents))
  const places = new Map<Hash, Place>()
  for await (const line of linesOf(path))
    if (wanted.has(line.signed.hash)) places.set(line.signed.hash, placeOf(line))
  const nothing: LogReader = {
    skeleton: () => skeleton,
    termEnds: () => [...ends.values()],
    placeOf: (hash) => places.get(hash) ?? null,
    entryAt: () => null,
    entriesOfTerm: () => [],
    orderLength: () => 0,
    orderIndexOf: () => null,
    ordered: () => [],
    snapshotAt: () => null,
    outbox: () => ({ batches: [], queued: [] }),
  }
  return { reader: nothing, head }
}

const checkOf = ({ reader, head }: Shape, upTo: number | undefined): HistoryCheck => {
  try {
    const place = head === null ? null : placeOf(head)
    return new HistoryCheck({ crypto, group: null, reader, head: place, upTo })
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : ''
    throw new ParleyError('VERIFICATION_FAILED', `Entries are missing in the file: ${why}`)
  }
}

interface Expected extends Place {
  readonly run: PlannedRun
  readonly index: number | null
}

/** Every place of the plan, one after the other. */
function* expectedOf(plan: readonly PlannedRun[]): Generator<Expected, void> {
  for (const run of plan)
    for (let seq = run.from; seq <= run.to; seq += 1)
      yield {
        term: run.term,
        seq,
        run,
        index: run.index === null ? null : run.index + seq - run.from,
      }
}

const flawed = ({ number, signed }: Line, flaw: Flaw): ParleyError => {
  const term = termOf(signed)
  const { seq } = signed.entry
  const { hash } = signed
  const what = `entry ${seq} of term ${term} (${hash}): ${flawText(flaw)}`
  return failed(number, what, { flaw, term, seq, hash })
}

/** Resolves if everything in the file is right. Rejects with VERIFICATION_FAILED, naming the line. */
export const checkExportFile = async (
  path: string,
  options: {
    readonly upTo?: number | undefined
    readonly onProgress?: (entries: number) => void
  } = {},
): Promise<CheckedFile> => {
  const shape = await shapeOf(path)
  const check = checkOf(shape, options.upTo)
  const expected = expectedOf(check.plan)
  let last: Line | null = null
  for await (const line of linesOf(path)) {
    const next = expected.next()
    const { term, seq } = placeOf(line)
    const isNext =
      next.done !== true &&
      next.value.term === term &&
      next.value.seq === seq &&
      next.value.index === line.index
    if (!isNext) throw flawed(line, 'out-of-place')
    const { flaw } = check.take(line.signed, next.value.run)
    if (flaw !== null) throw flawed(line, flaw)
    last = line
    options.onProgress?.(check.count)
  }
  const end = check.end()
  if (last === null || check.group === null)
    throw new ParleyError('VERIFICATION_FAILED', 'There is nothing in the file')
  if (end !== null) throw flawed(last, end.flaw)
  const { state } = check
  return {
    ok: true,
    network: { id: check.group, name: state.name },
    entries: check.count,
    messages: state.positions,
    head: shape.head?.signed.hash ?? null,
    fingerprint: check.fingerprint(),
  }
}
