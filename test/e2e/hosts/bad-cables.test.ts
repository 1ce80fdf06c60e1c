/** Five hosts with bad cables: some frames are lost and all are late. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, onTestFinished, test } from 'vitest'

import type { NetworkStatus } from '../../../src/node/api.ts'
import { numbered, report, sendSteadily } from '../harness/checks.ts'
import { allAgree } from '../harness/scene.ts'
import { until } from '../harness/until.ts'
import * as h from './hosts.ts'

const hosts = h.useHosts('test')
const LOSS = 0.05
const DELAY_MS = 80
const TALK_MS = 20_000
const PER_SECOND = 4

/** Starts the process that carries the slow network's frames. */
const startWire = async (): Promise<{ readonly end: () => Promise<string> }> => {
  const { lan } = hosts()
  lan.addSlowNet()
  const script = fileURLToPath(new URL('wire.ts', import.meta.url))
  const args = [lan.wire.address, String(LOSS), String(DELAY_MS)]
  const [command = '', ...inside] = lan.wire.wrapper
  const all = [...inside, process.execPath, script, ...args]
  all.push(...lan.hosts.map(({ address }) => address))
  const child = spawn(command, all, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await until('the wire carries', () => said.includes('ready'))
  const end = async (): Promise<string> => {
    child.kill('SIGTERM')
    await until('the wire has ended', () => child.exitCode !== null)
    return said.trim().split('\n').at(-1) ?? ''
  }
  return { end }
}

test('5 % loss and 80 ms delay: nothing is lost, one leader', async () => {
  const wire = await startWire()
  const members = await h.groupOn(hosts(), ({ slowAddress }) => slowAddress)
  const [first] = (await allAgree(members, h.LOBBY)) as unknown as [NetworkStatus]
  const watch = h.watchLeader(members)
  const count = (TALK_MS / 1000) * PER_SECOND
  const talks = members.map((member) =>
    sendSteadily(member, h.LOBBY, { perSecond: PER_SECOND, count }),
  )
  const sent = await Promise.all(talks)
  const seen = await watch.stop()

  expect(sent.flatMap(({ failed }) => failed)).toEqual([])
  await allAgree(members, h.LOBBY, { count: 5 * count })
  const history = await h.expectOneHistory(members)
  for (const { name } of members) {
    const texts = history.filter(({ author }) => author.name === name).map(({ text }) => text)
    expect(texts).toEqual(numbered(name, count))
  }
  report(`frames: ${await wire.end()}`)
  expect(seen).toEqual([h.leadership(first)])
})
