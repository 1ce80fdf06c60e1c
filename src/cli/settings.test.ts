import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { folders, loadSettings, ndsUrl, type Environment } from './settings.ts'

let folder: string
let env: Environment

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-settings-'))
  env = { PARLEY_CONFIG: join(folder, 'config.toml') }
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const writeConfig = (text: string): void => writeFileSync(join(folder, 'config.toml'), text)

test('without anything there are defaults', async () => {
  const settings = await loadSettings({}, env)
  expect(settings).toMatchObject({
    name: null,
    listen: null,
    nds: [],
    peers: [],
    heartbeatMs: null,
    web: null,
  })
  expect(settings.dataDir).toBe(join(folders().data, 'default'))
})

test('flags go before the environment, which goes before the file', async () => {
  writeConfig('name = "file"\nlisten = "127.0.0.1:1"\nheartbeat_ms = 100\nnds = ["a:1", "b:2"]')
  const withEnv = { ...env, PARLEY_NAME: 'env', PARLEY_LISTEN: '127.0.0.1:2' }
  const settings = await loadSettings({ name: 'flag' }, withEnv)
  expect(settings).toMatchObject({ name: 'flag', listen: '127.0.0.1:2', heartbeatMs: 100 })
  expect(settings.nds).toEqual(['https://a:1', 'https://b:2'])
  const listed = await loadSettings({}, { ...env, PARLEY_NDS: ' c:3 , https://d ' })
  expect(listed.nds).toEqual(['https://c:3', 'https://d'])
})

test('a folder or a profile by flag wins over both in the environment', async () => {
  const withEnv = { ...env, PARLEY_DATA_DIR: '/env', PARLEY_PROFILE: 'env' }
  expect((await loadSettings({}, withEnv)).dataDir).toBe('/env')
  expect((await loadSettings({ dataDir: '/flag' }, withEnv)).dataDir).toBe('/flag')
  const bob = await loadSettings({ profile: 'bob' }, withEnv)
  expect(bob.dataDir).toBe(join(folders().data, 'bob'))
})

test.each([
  ['nmae = "x"', /unknown setting nmae/],
  ['name = 5', /name must be a string/],
  ['nds = "x"', /nds must be a list of strings/],
  ['name = ', /Cannot read/],
  ['data_dir = "relative"', /absolute/],
])('a file with %s is refused with the reason', async (text, reason) => {
  writeConfig(text)
  await expect(loadSettings({}, env)).rejects.toThrow(reason)
})

test.each([
  [{ profile: '../x' }, /Not a profile/],
  [{ heartbeatMs: 'fast' }, /Not a heartbeat/],
  [{ heartbeatMs: '5' }, /Not a heartbeat: 5/],
  [{ nds: ['http://'] }, /Not the address/],
  [{ nds: ['ftp://10.0.0.1:7400'] }, /Not the address/],
  [{ nds: ['https://a:1#half-a-key'] }, /Not the address/],
])('flags %j are refused', async (flags, reason) => {
  await expect(loadSettings(flags, env)).rejects.toThrow(reason)
})

test('addresses of discovery services', () => {
  const pin = 'p'.repeat(43)
  expect(ndsUrl('10.0.0.1:7400')).toBe('https://10.0.0.1:7400')
  expect(ndsUrl('http://nds.example/')).toBe('https://nds.example')
  expect(ndsUrl(`https://[::1]:7400#${pin}`)).toBe(`https://[::1]:7400#${pin}`)
  expect(ndsUrl(`https://nds.example/#${pin}`)).toBe(`https://nds.example#${pin}`)
})
