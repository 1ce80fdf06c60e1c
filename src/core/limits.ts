/**
 * Sizes that every member enforces alike, on whatever comes in. They are part of the protocol: a
 * member with other limits would refuse what the rest accept. Knobs of one node are in `config.ts`.
 */
export const limits = {
  /** A message's text, in UTF-8 bytes. */
  bodyBytes: 65_536,
  /** A packet as JSON text, in bytes. */
  packetBytes: 1_048_576,
  /** Items under one author's signature, and their text in JSON bytes. */
  itemsPerBatch: 64,
  batchBytes: 400_000,
  /** Characters of a member's or group's name. */
  nameLength: 64,
  addresses: 8,
  addressLength: 262,
  members: 10_000,
  /** Branches that one merge can splice in, or a summary can name. */
  tips: 64,
  /** Newest terms that a summary names. */
  summaryTerms: 64,
  /** Entries under one of a leader's signatures, and their size in JSON bytes. */
  stretchEntries: 64,
  stretchBytes: 550_000,
  /** Members in one entry that brings in or lets go of some. */
  membersPerEntry: 100,
  /** Nodes of which an announcement of the mesh tells, and hops on a way around. */
  meshNodes: 32,
  hops: 8,
  /** Entries in a page of history, and their size in JSON bytes. */
  pageEntries: 512,
  pageBytes: 600_000,
} as const
