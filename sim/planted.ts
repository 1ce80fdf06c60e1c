/**
 * Bugs that are planted on purpose, each a switch in the core (`config.planted`), to know that the
 * simulator would notice them: what the mistake is, and which invariants it can be expected to
 * break. (A run that breaks another one has not shown the bug, but that something else is wrong.)
 */
const bugs = {
  'acknowledged-before-durable': [
    'packets leave before what they speak of is on disk',
    'S1 S2 S4 S9 S11 S22',
  ],
  'old-term-continued': ['a restarted leader goes on in the term of its former run', 'S2 S13'],
  'hearsay-refreshes': ['an old beat heard from others counts as a sign of life', 'L1 L3 L5'],
  'giving-way-before-welcome': ['a leader steps down as soon as it has offered to', 'S13'],
  'claim-without-live-size': ['a claim counts the whole view, not who answers', 'S13'],
  'sequencing-while-unsure': ['a leader that was away goes on as if nothing had happened', 'S12'],
  'wall-clock-accepted': ["the author's wall clock may push the logical clock", 'S3'],
  'deduplicating-by-id-alone': [
    'sessions of different authors that end alike are one',
    'S5 S6 S7 S8 S9 S14 S22',
  ],
  'author-order-unchecked': ['a batch is sequenced though an earlier one is missing', 'S7 S14 S22'],
  'after-unchecked': ['a message is sequenced before what its author had seen', 'S7'],
  'view-change-kicks': ['whoever is dropped from the view is put off the roster', 'S14 L1 L5 S22'],
  'numbers-kept-in-a-merge': ['members that come in through a merge keep their numbers', 'S14 S17'],
  'outbox-dropped-at-one': ['an item is let go once one disk has it', 'S11'],
  'summary-not-durable': [
    'a member says that it has stored what it was only told of',
    'S9 S10 S11',
  ],
  'counts-without-hashes': ['who has as many entries has the same ones', 'L1 L4 S9'],
  'marks-of-a-former-instance': [
    'what an earlier run acknowledged counts for the present one',
    'S9 S10 S11',
  ],
  'timer-not-cancelled': ["a change of role leaves the old role's timers set", 'S19'],
  'join-answered-too-early': ['a newcomer is told that it is in before that is stored', 'S4'],
  'last-writer-wins': ['what comes a second time replaces what was there', 'S5 S6 S14'],
  'tie-broken-by-arrival': ['each side of a tie holds its own claim to be the stronger', 'L1 S13'],
  'entitlement-at-the-wrong-place': ['what a merge brings in is not judged where it stands', 'S14'],
  'invite-unchecked': ['the fold lets anybody in who was activated', 'S14 S16'],
  'ban-unheeded': ['whoever is let in once more is banned no longer', 'S14 S15'],
  'discovery-believed': ['a leader that the discovery service does not name is left', 'L1 L2 L3'],
  'relay-acks-without-forwarding': ['packets for others are dropped on the way', 'L1 L3 L4 L5 L8'],
  'queue-without-bound': ['the outbox takes more than it may', 'S19'],
  'newest-dropped': ['what does not fit into the window is forgotten', 'S7 S22 L4'],
  'merge-not-idempotent': ['a branch is merged again when its side returns', 'L10'],
  'floor-without-children': [
    'who hands on says that all below it have what it has itself',
    'S9 S10',
  ],
  'runs-below-unchecked': [
    'what was acknowledged from below counts for whatever runs there now',
    'S9 S10',
  ],
  'joiner-served-a-hole': ['a newcomer is sent history with an entry left out', 'L1 L4 L5 S4'],
} as const satisfies Readonly<Record<string, readonly [mistake: string, shows: string]>>

export type PlantedBug = keyof typeof bugs

export const isPlanted = (name: string): name is PlantedBug => Object.hasOwn(bugs, name)

export const plantedNames: readonly PlantedBug[] = Object.keys(bugs).filter(isPlanted)

export const mistakeOf = (name: PlantedBug): string => bugs[name][0]

/** Invariants that the bug is expected to break. */
export const shows = (name: PlantedBug): readonly string[] => bugs[name][1].split(' ')
