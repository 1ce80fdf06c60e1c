/**
 * The words of the protocol as types. Each value below is a plain string or number that has passed
 * a check at the gate (`rpc/decode`) or was made by this program; the brand records that, so that
 * the core never has to ask again.
 */
declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** A node's Ed25519 public key, base64url, 43 characters. The identity; addresses are not. */
export type NodeId = Brand<string, 'NodeId'>
/** One run of a node: 128 random bits, 32 hex digits, chosen at start. Also an author's session. */
export type InstanceId = Brand<string, 'InstanceId'>
/** SHA-256 of an entry's canonical text, base64url, 43 characters. */
export type Hash = Brand<string, 'Hash'>
/** Hash of the genesis entry: names a group for good, whatever it is called. */
export type GroupId = Brand<string, 'GroupId'>
/** Hash of the `open` entry that started the term (of the genesis entry for term zero). */
export type TermId = Brand<string, 'TermId'>
/** UUID version 7; its last 12 digits are the first 12 of the author's session. */
export type MessageId = Brand<string, 'MessageId'>
/** Ed25519 signature, base64url, 86 characters. */
export type Signature = Brand<string, 'Signature'>
/** Monotonic milliseconds of the local machine. Never compared across machines. */
export type Millis = Brand<number, 'Millis'>

/** Where an entry stands: its term and its place in that term (the `open` entry has 0). */
export interface Place {
  readonly term: TermId
  readonly seq: number
}

/** A place together with the hash found there: enough to compare two histories. */
export interface Tip extends Place {
  readonly hash: Hash
}

export const samePlace = (a: Place | null, b: Place | null): boolean =>
  a === b || (a !== null && b !== null && a.term === b.term && a.seq === b.seq)

/** Key of a place in a map. */
export const placeKey = (place: Place): string => `${place.term}/${place.seq}`

/** Orders ids the same way on every machine (never by locale). */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const millis = (value: number): Millis => value as Millis
