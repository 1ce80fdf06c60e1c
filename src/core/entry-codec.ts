/**
 * The canonical form of entries: fixed-order arrays, whose JSON text is what is hashed, kept and
 * sent. Reading checks every type, size and count, so that what comes out may be trusted in shape.
 */
import type {
  ActivateBody,
  Admission,
  AdmissionProof,
  AuthorBatch,
  DeactivateBody,
  Entry,
  EntryKind,
  GenesisBody,
  Item,
  MemberCard,
  MergeBody,
  OpenBody,
} from './entry.ts'
import { limits } from './limits.ts'
import { isBatchInBounds } from './sizes.ts'
import type { GroupId, Hash, InstanceId, MessageId, NodeId, Signature, TermId } from './ids.ts'

type Json = unknown

export const cardToArray = (card: MemberCard): Json[] => [
  card.id,
  card.name,
  card.addresses,
  card.sig,
]

const proofToArray = (proof: AdmissionProof | null): Json =>
  proof === null ? null : [proof.invite, proof.sig]

const itemToArray = (item: Item): Json[] => [
  item.id,
  item.sentAt,
  item.content.kind,
  item.content.text,
  item.content.ref,
]

export const batchToArray = (batch: AuthorBatch): Json[] => [
  batch.author,
  batch.session,
  batch.aseq,
  batch.after,
  batch.items.map(itemToArray),
  batch.sig,
]

const bodyToArray = (entry: Entry): Json[] => {
  switch (entry.kind) {
    case 'genesis': {
      const { name, founder, settings, createdAt, nonce } = entry.body
      return [name, cardToArray(founder), settings.policy, settings.listed, createdAt, nonce]
    }
    case 'open': {
      const { counter, leader, instance, nonce, gone, back } = entry.body
      return [counter, leader, instance, nonce, gone, back]
    }
    case 'activate':
      return entry.body.members.map((one) => [cardToArray(one.card), proofToArray(one.proof)])
    case 'deactivate':
      return [entry.body.cause, entry.body.members]
    case 'merge':
      return [entry.body.tips, entry.body.members]
    case 'message':
    case 'roster':
      return batchToArray(entry.body)
  }
}

/** `[group, prev, term, seq, clock, kind, body]`. */
export const entryToArray = (entry: Entry): Json[] => [
  entry.group,
  entry.prev,
  entry.term,
  entry.seq,
  entry.clock,
  entry.kind,
  bodyToArray(entry),
]

/** The text that an entry's hash is taken of. */
export const entryText = (entry: Entry): string => JSON.stringify(entryToArray(entry))

/** The text that an author signs. */
export const batchText = (
  group: GroupId,
  kind: 'message' | 'roster',
  batch: AuthorBatch,
): string => {
  const { author, session, aseq, after, items } = batch
  return JSON.stringify([
    'parley-batch',
    group,
    kind,
    author,
    session,
    aseq,
    after,
    items.map(itemToArray),
  ])
}

/** The text that a node signs to vouch for its card in a group. */
export const cardText = (group: GroupId | '', card: MemberCard): string =>
  JSON.stringify(['parley-card', group, card.id, card.name, card.addresses])

/**
 * The text that an invite's private key signs: this node may come in. It names the node, so who
 * overhears it cannot come in with it, and the group, so it is worth nothing elsewhere.
 */
export const inviteText = (group: GroupId, node: NodeId): string =>
  JSON.stringify(['parley-invite', group, node])

/** The text that a leader signs to vouch for a batch of entries that ends with this one. */
export const headText = (hash: Hash): string => JSON.stringify(['parley-head', hash])

// Reading. Each function returns null for anything that is not exactly of its form.

const isText = (value: Json, max: number): value is string =>
  typeof value === 'string' && value.length <= max && value.isWellFormed()

const isCount = (value: Json): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const key43 = /^[\w-]{43}$/
const hex32 = /^[0-9a-f]{32}$/
const sig86 = /^[\w-]{86}$/
const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export const isNodeId = (value: Json): value is NodeId =>
  typeof value === 'string' && key43.test(value)
export const isHash = (value: Json): value is Hash => typeof value === 'string' && key43.test(value)
export const isTermId = (value: Json): value is TermId => isHash(value)
export const isGroupId = (value: Json): value is GroupId => isHash(value)
export const isInstanceId = (value: Json): value is InstanceId =>
  typeof value === 'string' && hex32.test(value)
export const isMessageId = (value: Json): value is MessageId =>
  typeof value === 'string' && uuid7.test(value)
export const isSignature = (value: Json): value is Signature =>
  typeof value === 'string' && sig86.test(value)

const isList = (value: Json, max: number): value is Json[] =>
  Array.isArray(value) && value.length <= max

const listOf = <T>(value: Json, max: number, is: (one: Json) => one is T): readonly T[] | null =>
  isList(value, max) && value.every(is) ? value : null

const mapList = <T>(
  value: Json,
  max: number,
  read: (one: Json) => T | null,
): readonly T[] | null => {
  if (!isList(value, max)) return null
  const result: T[] = []
  for (const one of value) {
    const item = read(one)
    if (item === null) return null
    result.push(item)
  }
  return result
}

const isAddress = (value: Json): value is string => isText(value, limits.addressLength)

export const cardFromArray = (value: Json): MemberCard | null => {
  if (!isList(value, 4) || value.length !== 4) return null
  const [id, name, rawAddresses, sig] = value
  const addresses = listOf(rawAddresses, limits.addresses, isAddress)
  if (!isNodeId(id) || !isText(name, limits.nameLength) || name === '') return null
  if (addresses === null || !(sig === '' || isSignature(sig))) return null
  return { id, name, addresses, sig }
}

export const proofFromArray = (value: Json): AdmissionProof | null => {
  if (!isList(value, 2) || value.length !== 2) return null
  const [invite, sig] = value
  return isNodeId(invite) && isSignature(sig) ? { invite, sig } : null
}

const admissionFromArray = (value: Json): Admission | null => {
  if (!isList(value, 2) || value.length !== 2) return null
  const card = cardFromArray(value[0])
  if (card === null) return null
  if (value[1] === null) return { card, proof: null }
  const proof = proofFromArray(value[1])
  return proof === null ? null : { card, proof }
}

const itemFromArray = (value: Json): Item | null => {
  if (!isList(value, 5) || value.length !== 5) return null
  const [id, sentAt, kind, text, ref] = value
  if (!isMessageId(id) || !isCount(sentAt) || !isText(kind, 32) || kind === '') return null
  if (!isText(text, limits.bodyBytes) || !isText(ref, 128)) return null
  return { id, sentAt, content: { kind, text, ref } }
}

/** Far beyond what an author can say in one session, far below where numbers lose precision. */
const maxAseq = 2 ** 48

export const batchFromArray = (value: Json): AuthorBatch | null => {
  if (!isList(value, 6) || value.length !== 6) return null
  const [author, session, aseq, after, rawItems, sig] = value
  const items = mapList(rawItems, limits.itemsPerBatch, itemFromArray)
  if (!isNodeId(author) || !isInstanceId(session) || !isCount(aseq) || aseq < 1) return null
  if (!isHash(after) || items === null || items.length === 0 || !isSignature(sig)) return null
  const tail = session.slice(0, 12)
  if (!items.every((item) => item.id.endsWith(tail))) return null
  const batch = { author, session, aseq, after, items, sig }
  return aseq <= maxAseq && isBatchInBounds(batch) ? batch : null
}

const genesisFromArray = (value: Json): GenesisBody | null => {
  if (!isList(value, 6) || value.length !== 6) return null
  const [name, rawFounder, policy, listed, createdAt, nonce] = value
  const founder = cardFromArray(rawFounder)
  if (!isText(name, limits.nameLength) || name === '' || founder === null) return null
  if ((policy !== 'open' && policy !== 'invite') || typeof listed !== 'boolean') return null
  if (!isCount(createdAt) || !isText(nonce, 64)) return null
  return { name, founder, settings: { policy, listed }, createdAt, nonce }
}

const openFromArray = (value: Json): OpenBody | null => {
  if (!isList(value, 6) || value.length !== 6) return null
  const [counter, leader, instance, nonce, rawGone, rawBack] = value
  const gone = listOf(rawGone, limits.members, isNodeId)
  const back = listOf(rawBack, limits.members, isNodeId)
  if (!isCount(counter) || !isNodeId(leader) || !isInstanceId(instance)) return null
  if (!isText(nonce, 64) || gone === null || back === null) return null
  if (gone.includes(leader) || back.includes(leader)) return null
  return { counter, leader, instance, nonce, gone, back }
}

const activateFromArray = (value: Json): ActivateBody | null => {
  const members = mapList(value, limits.members, admissionFromArray)
  return members === null || members.length === 0 ? null : { members }
}

const deactivateFromArray = (value: Json): DeactivateBody | null => {
  if (!isList(value, 2) || value.length !== 2) return null
  const members = listOf(value[1], limits.members, isNodeId)
  const cause = value[0]
  if (members === null || members.length === 0) return null
  return cause === 'left' || cause === 'silent' ? { cause, members } : null
}

const mergeFromArray = (value: Json): MergeBody | null => {
  if (!isList(value, 2) || value.length !== 2) return null
  const tips = listOf(value[0], limits.tips, isHash)
  const members = listOf(value[1], limits.members, isNodeId)
  if (tips === null || tips.length === 0 || members === null) return null
  return { tips, members }
}

const bodyReaders: { readonly [K in EntryKind]: (value: Json) => object | null } = {
  genesis: genesisFromArray,
  open: openFromArray,
  activate: activateFromArray,
  deactivate: deactivateFromArray,
  message: batchFromArray,
  roster: batchFromArray,
  merge: mergeFromArray,
}

const isKind = (value: Json): value is EntryKind =>
  typeof value === 'string' && Object.hasOwn(bodyReaders, value)

const isFormOfKind = (
  kind: EntryKind,
  group: Json,
  prev: Json,
  term: Json,
  seq: number,
): boolean => {
  if (kind === 'genesis') return group === '' && prev === '' && term === '' && seq === 0
  if (!isGroupId(group) || !isHash(prev)) return false
  return kind === 'open' ? term === '' && seq === 0 : isTermId(term) && seq > 0
}

/** Reads `[group, prev, term, seq, clock, kind, body]`; null for anything else. */
export const entryFromArray = (value: Json): Entry | null => {
  if (!isList(value, 7) || value.length !== 7) return null
  const [group, prev, term, seq, clock, kind, rawBody] = value
  if (!isKind(kind) || !isCount(seq) || !isCount(clock)) return null
  if (!isFormOfKind(kind, group, prev, term, seq)) return null
  const body = bodyReaders[kind](rawBody)
  return body === null ? null : ({ group, prev, term, seq, clock, kind, body } as Entry)
}
