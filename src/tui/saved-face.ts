/** What a terminal remembers of its user between two starts: `face.json` in the data folder. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SavedFace {
  /** Lines typed, oldest first. */
  readonly typed: readonly string[]
  /** Ids of networks without a bell. */
  readonly muted: readonly string[]
  /** Ids of nodes whose messages are hidden. */
  readonly ignored: readonly string[]
}

const MAX_TYPED = 200
const MAX_IDS = 1_000

export const nothingSaved: SavedFace = { typed: [], muted: [], ignored: [] }

const pathOf = (dataDir: string): string => join(dataDir, 'face.json')

const texts = (value: unknown, max: number): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string').slice(-max) : []

/** What is not there, or not as it was written, counts as nothing: it is only a comfort. */
export const loadFace = (dataDir: string): SavedFace => {
  try {
    const value: unknown = JSON.parse(readFileSync(pathOf(dataDir), 'utf8'))
    if (typeof value !== 'object' || value === null) return nothingSaved
    const { typed, muted, ignored } = value as Record<string, unknown>
    return {
      typed: texts(typed, MAX_TYPED),
      muted: texts(muted, MAX_IDS),
      ignored: texts(ignored, MAX_IDS),
    }
  } catch {
    return nothingSaved
  }
}

/** Readable by its owner only, and replaced in one step. Throws what the file system throws. */
export const saveFace = (dataDir: string, face: SavedFace): void => {
  const draft = `${pathOf(dataDir)}.new`
  const kept = { ...face, typed: face.typed.slice(-MAX_TYPED) }
  writeFileSync(draft, `${JSON.stringify(kept)}\n`, { mode: 0o600 })
  renameSync(draft, pathOf(dataDir))
}
