/**
 * Which versions of the protocol this build speaks. Two nodes talk in the highest that both know;
 * so a group can be upgraded node by node. A version is given up only when it is in nobody's way.
 *
 * 1: as it began. 2: packets may carry a trace context.
 */
import { ParleyError } from './errors.ts'

export interface SpokenVersions {
  /** The lowest: what builds that know of no others compare with their own. */
  readonly version: number
  /** The highest, where that is another. */
  readonly upTo?: number | undefined
}

const LOWEST = 1
const HIGHEST = 2
/** From here on packets may say which trace they are part of. */
export const TRACED_VERSION = 2

export const spokenVersions = (held?: SpokenVersions): SpokenVersions =>
  held ?? { version: LOWEST, upTo: HIGHEST }

const highestOf = ({ version, upTo }: SpokenVersions): number => upTo ?? version

/**
 * What `PARLEY_PROTOCOL` says: "1" to hold a node at that version while others are upgraded. Null
 * if it makes no sense.
 */
export const heldVersion = (text: string): SpokenVersions | null => {
  if (!/^\d{1,3}$/.test(text)) return null
  const version = Number(text)
  return version > HIGHEST ? null : { version }
}

/** The version in which two nodes talk; null if there is none. */
export const agreedVersion = (own: SpokenVersions, other: SpokenVersions): number | null => {
  const version = Math.min(highestOf(own), highestOf(other))
  return version >= Math.max(own.version, other.version) ? version : null
}

const rangeText = (versions: SpokenVersions): string =>
  versions.version === highestOf(versions)
    ? `version ${versions.version}`
    : `versions ${versions.version} to ${highestOf(versions)}`

/** Null if the two can talk; else who must be upgraded. */
export const versionError = (
  own: SpokenVersions & { readonly name: string },
  other: SpokenVersions & { readonly id: string; readonly name: string },
): ParleyError | null => {
  if (agreedVersion(own, other) !== null) return null
  const isOtherOld = highestOf(other) < own.version
  const old = isOtherOld ? other.name : own.name
  const message =
    `${other.name} speaks ${rangeText(other)} of the protocol, ${own.name} ${rangeText(own)}: ` +
    `${old} must be upgraded`
  return new ParleyError('VERSION_MISMATCH', message, {
    hint: `Install the newer version of Parley where ${old} runs; nothing that it holds is lost.`,
    data: { node: other.id, own: rangeText(own), other: rangeText(other), upgrade: old },
  })
}
