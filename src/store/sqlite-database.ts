import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

import { storeFault } from './sqlite-faults.ts'

/**
 * One SQLite file: prepared statements by their text, transactions, and faults in the store's
 * words. It never waits for a lock, because waiting would stop the whole process.
 */
export class Database {
  readonly path: string
  #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** Creates the file if there is none, unless it is only to be read. */
  constructor(path: string, access: 'write' | 'read' = 'write') {
    this.path = path
    this.#db = this.#open(access)
  }

  #open(access: 'write' | 'read'): DatabaseSync {
    const options = { timeout: 0, enableDoubleQuotedStringLiterals: false }
    return this.#guard(
      () => new DatabaseSync(this.path, { ...options, readOnly: access === 'read' }),
    )
  }

  /** After `close`, when another file has taken the place of the one before. */
  reopen(): void {
    this.#db = this.#open('write')
  }

  /** Several statements without parameters. */
  exec(sql: string): void {
    this.#guard(() => this.#db.exec(sql))
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.#guard(() => this.#statement(sql).run(...values))
  }

  /** The first row. `Row` is the caller's word for what the statement selects. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a cast
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values) as Row | undefined)
  }

  /** All rows. `Row` is the caller's word for what the statement selects. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a cast
  all<Row>(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#guard(() => this.#statement(sql).all(...values) as unknown as Row[])
  }

  /** Row by row, for results that are not to be in memory as a whole. */
  *each<Row>(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    const rows = this.#guard(() => this.#statement(sql).iterate(...values))
    for (;;) {
      const next = this.#guard(() => rows.next())
      if (next.done === true) return
      yield next.value as unknown as Row
    }
  }

  /** All of it is on the disk when this returns. If it throws, nothing of it is. */
  transaction(work: () => void): void {
    this.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.exec('COMMIT')
    } catch (fault) {
      this.#rollBack()
      throw fault
    }
  }

  close(): void {
    this.#statements.clear()
    if (this.#db.isOpen) this.#guard(() => this.#db.close())
  }

  /** Some faults, a full disk among them, roll back by themselves. */
  #rollBack(): void {
    if (this.#db.isOpen && this.#db.isTransaction) this.exec('ROLLBACK')
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (fault) {
      throw storeFault(fault, this.path)
    }
  }
}
