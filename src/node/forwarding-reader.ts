/**
 * A reader of a history that is yet to be created: a group's id is known only once its first entry
 * is made, and the replica that makes it wants a reader from the start.
 */
import type { Hash, Place, TermId } from '../core/ids.ts'
import type { LogReader } from '../core/log-reader.ts'

export class ForwardingReader implements LogReader {
  /** Where reads go: an empty history at first, the group's own as soon as it is there. */
  target: LogReader

  constructor(target: LogReader) {
    this.target = target
  }

  entryAt(place: Place) {
    return this.target.entryAt(place)
  }

  entriesOfTerm(term: TermId, from: number, to: number) {
    return this.target.entriesOfTerm(term, from, to)
  }

  placeOf(hash: Hash) {
    return this.target.placeOf(hash)
  }

  skeleton() {
    return this.target.skeleton()
  }

  termEnds() {
    return this.target.termEnds()
  }

  orderLength() {
    return this.target.orderLength()
  }

  orderIndexOf(place: Place) {
    return this.target.orderIndexOf(place)
  }

  ordered(from: number, to: number) {
    return this.target.ordered(from, to)
  }

  snapshotAt(index: number) {
    return this.target.snapshotAt(index)
  }

  outbox() {
    return this.target.outbox()
  }
}
