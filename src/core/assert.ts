/** For our own bugs. What comes from outside is answered with a coded error, never with this. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${what}`)
}
