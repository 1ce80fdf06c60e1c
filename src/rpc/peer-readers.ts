/**
 * Readers of what peers send: each turns an unknown JSON value into a typed one, or into undefined
 * if it is not exactly of its form. Written by hand because every packet passes here; null is a
 * value.
 */
import {
  batchFromArray,
  cardFromArray,
  entryFromArray,
  isGroupId,
  isHash,
  isInstanceId,
  isNodeId,
  isSignature,
  isTermId,
  proofFromArray,
} from '../core/entry-codec.ts'
import type { AdmissionProof, AuthorBatch, MemberCard, SignedEntry } from '../core/entry.ts'
import type { GroupId, Hash, InstanceId, NodeId, Signature, TermId, Tip } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import type { OutboxBatch } from '../core/log-reader.ts'
import { utf8Bytes } from '../core/sizes.ts'

export type Reader<T> = (value: unknown) => T | undefined

/** Entries in one packet: a page of history has fewer, a burst of short messages hardly as many. */
export const MAX_ENTRIES = 2_048
/** Batches of one author in one packet; an author has at most four windows of them under way. */
export const MAX_BATCHES = 64
/** Characters of an error code. */
const MAX_CODE = 64

const when =
  <T>(is: (value: unknown) => value is T): Reader<T> =>
  (value) =>
    is(value) ? value : undefined

export const nodeId: Reader<NodeId> = when(isNodeId)
export const groupId: Reader<GroupId> = when(isGroupId)
export const termId: Reader<TermId> = when(isTermId)
export const instanceId: Reader<InstanceId> = when(isInstanceId)

const intFrom =
  (least: number): Reader<number> =>
  (value) =>
    typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value >= least &&
    !Object.is(value, -0)
      ? value
      : undefined

/** A whole number from 0. */
export const count = intFrom(0)
/** A place in a term, or -1 for none. */
export const mark = intFrom(-1)

export const flag: Reader<boolean> = (value) => (typeof value === 'boolean' ? value : undefined)

export const textUpTo =
  (max: number): Reader<string> =>
  (value) =>
    typeof value === 'string' && value.length <= max && value.isWellFormed() ? value : undefined

export const code = textUpTo(MAX_CODE)

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00; ids are not all zeros. */
export const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-0[01]$/

export const traceparent: Reader<string> = (value) =>
  typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined

export const orNull =
  <T>(read: Reader<T>): Reader<T | null> =>
  (value) =>
    value === null ? null : read(value)

export const listUpTo =
  <T>(max: number, read: Reader<T>): Reader<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > max) return undefined
    const list: T[] = []
    for (const one of value) {
      const item = read(one)
      if (item === undefined) return undefined
      list.push(item)
    }
    return list
  }

export type Readers<T> = { readonly [K in keyof T]: Reader<T[K]> }

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object with exactly these fields. */
export const record = <T extends object>(readers: Readers<T>): Reader<T> => {
  const fields = Object.entries(readers) as [string, Reader<unknown>][]
  return (value) => {
    if (!isRecord(value)) return undefined
    const result: Record<string, unknown> = {}
    for (const [name, read] of fields) {
      const field = read(value[name])
      if (field === undefined) return undefined
      result[name] = field
    }
    return Object.keys(value).length === fields.length ? (result as T) : undefined
  }
}

export const addresses = listUpTo(limits.addresses, textUpTo(limits.addressLength))

export const tip: Reader<Tip> = record<Tip>({ term: termId, seq: count, hash: when(isHash) })
export const tips = listUpTo(limits.tips, tip)

/** A text may have as many bytes as it may have, however few characters those are. */
const isShort = (batch: AuthorBatch): boolean =>
  batch.items.every(({ content }) => utf8Bytes(content.text) <= limits.bodyBytes)

/** `[entry, hash, signature or null]`; the hash is checked by whoever stores the entry. */
export const signedEntry: Reader<SignedEntry> = (value) => {
  if (!Array.isArray(value) || value.length !== 3) return undefined
  const [raw, hash, sig]: readonly unknown[] = value
  if (!isHash(hash) || !(sig === null || isSignature(sig))) return undefined
  const entry = entryFromArray(raw)
  if (entry === null) return undefined
  if ((entry.kind === 'message' || entry.kind === 'roster') && !isShort(entry.body))
    return undefined
  return { entry, hash, sig }
}

export const entries = listUpTo(MAX_ENTRIES, signedEntry)

/** An author's batch by itself. */
export const batch: Reader<AuthorBatch> = (value) => {
  const found = batchFromArray(value)
  return found === null || !isShort(found) ? undefined : found
}

export const hash: Reader<Hash> = when(isHash)

/** A signature, or '' for none. */
export const signatureOrNone: Reader<Signature | ''> = (value) =>
  value === '' || isSignature(value) ? value : undefined

/** `[kind, batch]`. */
const outboxBatch: Reader<OutboxBatch> = (value) => {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [kind, raw]: readonly unknown[] = value
  if (kind !== 'message' && kind !== 'roster') return undefined
  const batch = batchFromArray(raw)
  return batch === null || !isShort(batch) ? undefined : { kind, batch }
}

export const batches = listUpTo(MAX_BATCHES, outboxBatch)

export const card: Reader<MemberCard> = (value) => cardFromArray(value) ?? undefined
export const proof: Reader<AdmissionProof> = (value) => proofFromArray(value) ?? undefined
