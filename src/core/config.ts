/**
 * Knobs of one node. Every duration derives from `heartbeatMs` (H) or `electionStepMs` (D), so that
 * a faster network is set with one number.
 */
export interface Config {
  /**
   * H: how often the leader shows that it lives, in ms, up to 32 members; twice that up to 200 and
   * four times beyond. Smaller finds failures sooner and costs n packets more per beat. 50 to
   * 60,000.
   */
  readonly heartbeatMs: number
  /** Silence after which a member is suspected, in beats. Below 3 a lost packet or two is enough. */
  readonly suspectAfterBeats: number
  /**
   * D: how long a candidate leaves it to each member senior to it, in ms: about two round trips, at
   * least 250 on unknown networks.
   */
  readonly electionStepMs: number
  /** How long a page of history may take before it is asked for again, in ms. */
  readonly pageTimeoutMs: number
  /** Items an author may have sequenced per second over time, and at once. */
  readonly itemsPerSecond: number
  readonly itemsBurst: number
  /** Batches of one author under way at a time. More fills longer pipes. */
  readonly outboxWindow: number
  /** Items that may wait in the outbox before `send` is refused. */
  readonly outboxItems: number
  /**
   * Members beyond which messages travel down a tree, and to how many each hands them. A wider tree
   * is flatter (a hop costs a network delay and a write) and costs the leader more. All members of
   * a group must have the same, else acknowledgements take up to a beat.
   */
  readonly treeAbove: number
  readonly treeWidth: number
  /** Planted bugs, by name: only the simulator sets any, to see that it would be noticed. */
  readonly planted: ReadonlySet<string>
}

export const defaultConfig: Config = {
  heartbeatMs: 500,
  suspectAfterBeats: 4,
  electionStepMs: 250,
  pageTimeoutMs: 1_000,
  itemsPerSecond: 500,
  itemsBurst: 10_000,
  outboxWindow: 8,
  outboxItems: 10_000,
  treeAbove: 32,
  treeWidth: 8,
  planted: new Set(),
}

/** H for a view of this size. */
export const beatMs = (config: Config, members: number): number =>
  config.heartbeatMs * (members > 200 ? 4 : members > 32 ? 2 : 1)

/** How long a peer may be silent before it is suspected. */
export const suspectMs = (config: Config, members: number): number =>
  beatMs(config, members) * config.suspectAfterBeats

/** After how long without a beat ways around are looked for: a beat and its variation, and some. */
export const uneasyMs = (config: Config, members: number): number => beatMs(config, members) * 1.6
