/**
 * Bugs that are planted on purpose, each a switch in the core (`config.planted`), to know that the
 * simulator would notice them. A name, and what the mistake is.
 */
export const plantedBugs = {
  'acknowledged-before-durable': 'packets leave before what they speak of is on disk',
  'old-term-continued': 'a restarted leader goes on in the term of its former run',
  'hearsay-refreshes': 'an old beat heard from others counts as a sign of life',
  'giving-way-before-welcome': 'a leader steps down as soon as it has offered to',
  'claim-without-live-size': 'a claim counts the whole view, not who answers',
  'sequencing-while-unsure': 'a leader that was away goes on as if nothing had happened',
  'wall-clock-accepted': "the author's wall clock may push the logical clock",
  'deduplicating-by-id-alone': 'sessions of different authors that end alike are one',
  'author-order-unchecked': 'a batch is sequenced though an earlier one is missing',
  'after-unchecked': 'a message is sequenced before what its author had seen',
  'view-change-kicks': 'whoever is dropped from the view is put off the roster',
  'numbers-kept-in-a-merge': 'members that come in through a merge do not get fresh numbers',
  'outbox-dropped-at-one': 'an item is let go once one disk has it',
  'summary-not-durable': 'a member says that it has stored what it was only told of',
  'marks-of-a-former-instance': 'what an earlier run acknowledged counts for the present one',
  'timer-not-cancelled': "a change of role leaves the old role's timers set",
  'join-answered-too-early': 'a newcomer is told that it is in before that is stored',
  'tie-broken-by-arrival': 'of two equal claims each side holds its own to be the stronger',
  'entitlement-at-the-wrong-place': 'what a merge brings in is not judged where it stands',
  'invite-unchecked': 'the fold lets anybody in who was activated',
  'ban-unheeded': 'whoever is let in once more is banned no longer',
  'discovery-believed': 'a leader that the discovery service does not name is left',
  'relay-acks-without-forwarding': 'packets for others are dropped on the way',
  'queue-without-bound': 'the outbox takes more than it may',
  'newest-dropped': 'what does not fit into the window is forgotten',
  'merge-not-idempotent': 'a branch that was merged is merged again when its side returns',
  'joiner-served-a-hole': 'a newcomer is sent history with an entry left out',
} as const

export type PlantedBug = keyof typeof plantedBugs

export const plantedNames = Object.keys(plantedBugs).filter((name): name is PlantedBug =>
  Object.hasOwn(plantedBugs, name),
)

export const isPlanted = (name: string): name is PlantedBug => Object.hasOwn(plantedBugs, name)
