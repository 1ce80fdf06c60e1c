/**
 * Looks after what is stored: checks it when asked, and when a group fails in a way that damage
 * would explain. Damage is repaired: the database is set aside, what is sound of it goes into a new
 * one, and the rest is fetched from the other members.
 */
import { basename } from 'node:path'

import type { Damage } from '../store/damage.ts'
import type { FolderFindings } from '../store/folder-check.ts'
import { writeRemembered } from '../store/remembered.ts'
import { SqliteStore } from '../store/sqlite-store.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { Verified } from './api.ts'
import type { NodeContext } from './context.ts'
import { toFault } from './driver.ts'
import type { Groups } from './groups.ts'
import { runTask, type Task } from './history-task.ts'
import type { Network } from './network.ts'
import { noteRepair } from './mending.ts'

/** What one repair did not help is not repaired again at once. */
const REST_MS = 60_000

/** The first thing that is wrong, for people and for programs. */
export const verificationError = (damage: Damage, hint: string): ParleyError => {
  const { part, what, entry } = damage
  return new ParleyError('VERIFICATION_FAILED', `The stored history is damaged: ${what}`, {
    hint,
    data: { part, what, ...(entry === null ? {} : { entry }) },
  })
}

export class Caretaker {
  readonly #context: NodeContext
  readonly #groups: Groups
  #repairing: Promise<void> | null = null
  #restUntil = 0
  #isStopped = false
  #checks = 0
  #checked = 0
  #remembered = ''

  constructor(context: NodeContext, groups: Groups) {
    this.#context = context
    this.#groups = groups
    groups.onTrouble = (code) => void this.#onTrouble(code)
  }

  stop(): void {
    this.remember()
    this.#isStopped = true
  }

  /** Notes beside the database which groups there are, if that has changed. */
  remember(): void {
    const { store, log } = this.#context
    if (!(store instanceof SqliteStore) || this.#repairing !== null || this.#isStopped) return
    const groups = this.#groups.remembered()
    const text = JSON.stringify(groups)
    if (text === this.#remembered) return
    try {
      writeRemembered(store.folder, groups)
      this.#remembered = text
    } catch (thrown) {
      log('warn', 'groups not remembered', { error: String(thrown) })
    }
  }

  /**
   * Checks everything about a network. Rejects with VERIFICATION_FAILED, and repairs what is
   * damaged.
   */
  async verify(network: Network, upTo?: number): Promise<Verified> {
    const { folder } = this.#store()
    if (this.#repairing !== null) await this.#repairing
    const findings = await this.#check({ task: 'check', folder, group: network.id, upTo })
    if (findings.damage !== null) {
      void this.#repair(findings.damage.what)
      const hint = 'The node repairs itself: it keeps the damaged file aside, and asks others.'
      throw verificationError(findings.damage, hint)
    }
    const sound = findings.groups.get(network.id)
    if (sound === undefined) throw new ParleyError('NETWORK_NOT_FOUND')
    const { entries, messages, head, fingerprint } = sound
    if (upTo !== undefined && upTo > messages)
      throw new ParleyError('USAGE', `There are only ${messages} messages`)
    return { ok: true, entries, messages, head, upTo: upTo ?? messages, fingerprint }
  }

  async #check(task: Extract<Task, { task: 'check' }>): Promise<FolderFindings> {
    this.#checks += 1
    try {
      return await runTask(task, (entries) => (this.#checked = entries))
    } catch (thrown) {
      throw toFault(thrown)
    } finally {
      this.#checks -= 1
      this.#checked = 0
    }
  }

  /** Entries that the check which runs has gone through; null if none runs. */
  checked(): number | null {
    return this.#checks === 0 ? null : this.#checked
  }

  /** Where the stored data is. */
  folder(): string {
    return this.#store().folder
  }

  #store(): SqliteStore {
    const { store } = this.#context
    if (store instanceof SqliteStore) return store
    throw new ParleyError('USAGE', 'This node keeps its history in memory only')
  }

  /** A group has failed: is it the disk that says something else than was written there? */
  async #onTrouble(code: string): Promise<void> {
    const { store, log } = this.#context
    if (this.#isStopped || this.#repairing !== null || !(store instanceof SqliteStore)) return
    if (performance.now() < this.#restUntil) return
    if (code === 'STORAGE_CORRUPT') await this.#repair('it cannot be read')
    if (code !== 'INTERNAL') return
    this.#restUntil = performance.now() + REST_MS
    try {
      const { damage } = await runTask({ task: 'check', folder: store.folder })
      if (damage !== null) await this.#repair(damage.what)
    } catch (thrown) {
      log('error', 'check failed', { error: String(thrown) })
    }
  }

  #repair(what: string): Promise<void> {
    this.#repairing ??= this.#repairNow(what).finally(() => (this.#repairing = null))
    return this.#repairing
  }

  async #repairNow(what: string): Promise<void> {
    const store = this.#store()
    const { log } = this.#context
    this.#restUntil = performance.now() + REST_MS
    log('error', 'stored data damaged', { folder: store.folder, what })
    const hint = 'Nothing needs to be done: the node asks the other members for what is missing.'
    const message = `The stored history is damaged (${what}) and is being repaired`
    this.#groups.pause(new ParleyError('STORAGE_CORRUPT', message, { hint }))
    try {
      const { fresh, groups } = await runTask({ task: 'salvage', folder: store.folder })
      if (this.#isStopped) return
      const aside = store.replace(fresh)
      noteRepair(store, { aside: basename(aside), what })
      const saved = groups.map(({ id, entries, lostWaiting }) => ({ id, entries, lostWaiting }))
      log('warn', 'stored data repaired', { aside, groups: saved })
    } catch (thrown) {
      log('error', 'repair failed', { error: String(thrown) })
    } finally {
      if (!this.#isStopped) this.#groups.resumeAll()
    }
  }
}
