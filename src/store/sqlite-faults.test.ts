import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { describe, expect, it, onTestFinished } from 'vitest'

import { appended, Chronicle, persistOf } from './chronicle.suite.ts'
import { ChildWriter } from './child-writer.suite.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { openDatabase } from './open-folder.ts'
import { Database } from './sqlite-database.ts'
import { SqliteStore } from './sqlite-store.ts'
import { StoreError } from './store-error.ts'

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-faults-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const openIn = (folder: string): SqliteStore => {
  const store = new SqliteStore(folder)
  onTestFinished(() => store.close())
  return store
}

const faultOf = (work: () => unknown): StoreError => {
  try {
    work()
  } catch (fault) {
    if (fault instanceof StoreError) return fault
    throw fault
  }
  throw new Error('nothing was thrown')
}

/** The command that runs another in a mount namespace with a disk of this size at the folder. */
const smallDisk = (folder: string, size: string): readonly string[] => [
  'unshare',
  '-rm',
  'sh',
  '-c',
  `mount -t tmpfs -o size=${size} none ${folder} &&
    head -c 300K /dev/zero > ${folder}/filler && exec "$@"`,
  'sh',
]

const canMount = (): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-faults-'))
  const [command = '', ...args] = smallDisk(folder, '1M')
  const { status } = spawnSync(command, [...args, 'true'])
  rmSync(folder, { recursive: true })
  return status === 0
}

const canLimit = (): boolean => spawnSync('prlimit', ['--version']).status === 0

/** Everything that it prints until a fault, which is the last. */
const untilFault = async (child: ChildWriter): Promise<readonly string[]> => {
  const lines: string[] = []
  do lines.push(await child.expectLine())
  while (lines.at(-1)?.startsWith('stored') === true)
  return lines
}

describe('no room', () => {
  it('nothing of what was too much is kept, and with room again all goes on', () => {
    const story = new Chronicle()
    const store = openIn(newFolder())
    const group = store.createGroup(story.group, 'lobby')
    group.apply(appended([], [story.genesis]))
    store.limitPages(1)
    const texts = Array.from({ length: 60 }, () => 'words '.repeat(5000))
    const persist = appended([story.genesis], story.chain(story.genesis, texts))
    const outbox = [{ change: 'queue' as const, queued: story.queued('later') }]
    const fault = faultOf(() => group.apply({ ...persist, outbox }))
    expect(fault).toMatchObject({ code: 'STORAGE_FULL', name: 'StoreError' })
    expect(fault.message).toContain('parley.db')
    expect(fault.hint).not.toBe('')
    expect(faultOf(() => store.probe()).code).toBe('STORAGE_FULL')
    expect([group.entryCount(), group.orderLength(), group.messageCount()]).toEqual([1, 1, 0])
    expect(group.outbox().queued).toEqual([])
    store.limitPages(1_000_000)
    store.probe()
    group.apply({ ...persist, outbox })
    expect(group.messageCount()).toBe(60)
  })

  it('in one of several groups: none of them is written', () => {
    const [small, large] = [new Chronicle('small'), new Chronicle('large')]
    const store = openIn(newFolder())
    const groups = [small, large].map((story) => store.createGroup(story.group, 'x'))
    store.limitPages(1)
    const big = large.say(large.genesis, ['words '.repeat(60_000)])
    const batch = [
      { group: small.group, persist: appended([], [small.genesis]) },
      { group: large.group, persist: appended([], [large.genesis, big]) },
    ]
    expect(faultOf(() => store.applyAll(batch)).code).toBe('STORAGE_FULL')
    expect(groups.map((group) => group.entryCount())).toEqual([0, 0])
  })

  it.skipIf(!canMount())(
    'on a disk that really is full: told, and over when there is',
    async () => {
      const folder = newFolder()
      const child = new ChildWriter(folder, smallDisk(folder, '1M'))
      onTestFinished(async () => {
        await child.kill()
      })
      expect(await child.expectLine()).toBe('ready')
      child.tell('write')
      const lines = await untilFault(child)
      expect(lines.length).toBeGreaterThan(1)
      expect(lines.at(-1)).toBe(`fault STORAGE_FULL ${join(folder, 'parley.db')}`)
      child.tell('make-room')
      expect(await child.expectLine()).toBe('made')
      child.tell('probe')
      expect(await child.expectLine()).toBe('room')
      child.tell('write 2')
      expect([await child.expectLine(), await child.expectLine()]).toEqual([
        `stored ${lines.length}`,
        `stored ${lines.length + 1}`,
      ])
    },
  )

  it.skipIf(!canLimit())(
    'a limit on the size of files is told too, and what was stored stays',
    async () => {
      const folder = newFolder()
      const child = new ChildWriter(folder, ['prlimit', '--fsize=400000:unlimited'])
      expect(await child.expectLine()).toBe('ready')
      child.tell('write')
      const lines = await untilFault(child)
      expect(lines.at(-1)).toBe(`fault STORAGE_UNWRITABLE ${join(folder, 'parley.db')}`)
      spawnSync('prlimit', ['--pid', String(child.process.pid), '--fsize=unlimited:unlimited'])
      child.tell('write 1')
      expect(await child.expectLine()).toBe(`stored ${lines.length}`)
      await child.kill()
    },
  )
})

describe('a folder that cannot be written', () => {
  /** As somebody who is not root: root may write anywhere. */
  const unprivileged = <T>(work: () => T): T => {
    if (process.geteuid?.() !== 0) return work()
    process.seteuid?.(65_534)
    try {
      return work()
    } finally {
      process.seteuid?.(0)
    }
  }

  it('is told when it is opened', () => {
    const folder = newFolder()
    chmodSync(folder, 0o555)
    const fault = faultOf(() => unprivileged(() => new SqliteStore(folder)))
    expect(fault.code).toBe('STORAGE_UNWRITABLE')
    expect(fault.message).toContain(folder)
  })

  it('is told when it cannot even be made', () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    expect(faultOf(() => new SqliteStore(join(file, 'data'))).code).toBe('STORAGE_UNWRITABLE')
  })

  it('whose database is read-only is told at the first write', () => {
    const folder = newFolder()
    new SqliteStore(folder).close()
    chmodSync(join(folder, 'parley.db'), 0o444)
    chmodSync(join(folder, 'parley.lock'), 0o666)
    chmodSync(folder, 0o777)
    const fault = faultOf(() =>
      unprivileged(() => {
        const store = openIn(folder)
        store.setNodeMeta('key', 1)
      }),
    )
    expect(fault.code).toBe('STORAGE_UNWRITABLE')
  })
})

describe('a database that is not as it should be', () => {
  it('is left alone if a newer program wrote it', () => {
    const folder = newFolder()
    new SqliteStore(folder).close()
    const file = new DatabaseSync(join(folder, 'parley.db'))
    file.exec('PRAGMA user_version = 99')
    file.close()
    const fault = faultOf(() => new SqliteStore(folder))
    expect(fault.code).toBe('STORAGE_NEWER')
    expect(fault.message).toContain('format 99')
  })

  it('is told if it is none', () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'parley.db'), 'garbage '.repeat(1000))
    expect(faultOf(() => new SqliteStore(folder)).code).toBe('STORAGE_CORRUPT')
    // The folder is not held by the failed attempt.
    expect(faultOf(() => new SqliteStore(folder)).code).toBe('STORAGE_CORRUPT')
  })

  it('is told if an entry in it cannot be read', () => {
    const folder = newFolder()
    const story = new Chronicle()
    const first = new SqliteStore(folder)
    first.createGroup(story.group, 'lobby').apply(persistOf({ entries: [story.genesis] }))
    first.close()
    const file = new DatabaseSync(join(folder, 'parley.db'))
    file.exec(`UPDATE entries SET json = replace(json, 'lobby', char(7, 34))`)
    file.close()
    const group = openIn(folder).openGroup(story.group)
    expect(faultOf(() => group?.skeleton()).code).toBe('STORAGE_CORRUPT')
  })

  it('is brought up to date step by step; one that fails leaves it at the one before', () => {
    const database = new Database(join(newFolder(), 'parley.db'))
    onTestFinished(() => database.close())
    const steps = [...migrations, 'CREATE TABLE second (no INTEGER)', 'CREATE nonsense']
    expect(() => migrate(database, steps)).toThrow('syntax error')
    expect(database.get('PRAGMA user_version')).toEqual({ user_version: migrations.length + 1 })
    migrate(database, [...steps.slice(0, -1), 'DROP TABLE second'])
    expect(database.get('PRAGMA user_version')).toEqual({ user_version: migrations.length + 2 })
    expect(faultOf(() => migrate(database)).code).toBe('STORAGE_NEWER')
  })
})

describe('a transaction', () => {
  it('waits for the disk: an acknowledgement relies on that', () => {
    const database = openDatabase(newFolder())
    onTestFinished(() => database.close())
    const FULL = 2
    expect(database.get('PRAGMA synchronous')).toEqual({ synchronous: FULL })
    expect(database.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' })
  })
})

describe('a folder in use', () => {
  it('is refused to a second store of this process', () => {
    const folder = newFolder()
    const store = new SqliteStore(folder)
    const fault = faultOf(() => new SqliteStore(folder))
    expect(fault).toMatchObject({ code: 'STORAGE_BUSY', path: folder })
    store.close()
    store.close()
    openIn(folder)
  })

  it('is refused while another process runs, and free at once when that was killed', async () => {
    const folder = newFolder()
    const child = new ChildWriter(folder)
    expect(await child.expectLine()).toBe('ready')
    expect(faultOf(() => new SqliteStore(folder)).code).toBe('STORAGE_BUSY')
    await child.kill()
    expect(openIn(folder).groups()).toHaveLength(1)
  })
})
