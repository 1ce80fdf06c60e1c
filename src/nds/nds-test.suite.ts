/** Leases and services that the tests share. */
import { onTestFinished } from 'vitest'

import type { GroupId, NodeId, TermId } from '../core/ids.ts'
import type { Lease } from './lease.ts'
import { startNds, type NdsOptions, type RunningNds } from './server.ts'

/** 43 characters that begin as told. */
const pad = (text: string): string => text.padEnd(43, '0')

export const groupId = (text: string): GroupId => pad(text) as GroupId
export const termId = (text: string): TermId => pad(text) as TermId
export const nodeId = (text: string): NodeId => pad(text) as NodeId

/** A lease of `leader` for the group with this name. */
export const leaseOf = (name: string, leader: string, more: Partial<Lease> = {}): Lease => ({
  group: groupId(`group-${name}`),
  name,
  leader: { id: nodeId(leader), name: leader },
  addresses: ['127.0.0.1:7777'],
  term: termId(`term-of-${leader}`),
  claim: { live: 1, number: 0 },
  issuedAt: 1_000,
  ...more,
})

/** A service on a free port that is closed when the test ends. */
export const serveNds = async (options: Partial<NdsOptions> = {}): Promise<RunningNds> => {
  const nds = await startNds({ listen: '127.0.0.1:0', dataDir: null, sweepEveryMs: 0, ...options })
  onTestFinished(() => nds.close())
  return nds
}

/** A clock that moves when told. */
export const testClock = (start = 1_000_000): { now: () => number; advance(ms: number): void } => {
  let time = start
  return {
    now: () => time,
    advance: (ms) => {
      time += ms
    },
  }
}
