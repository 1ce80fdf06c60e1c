/** `/export`: a network's history with its proofs, in a file that is not there yet. */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'

import type { LocalClient } from '../node/local-api/client.ts'
import { ParleyError } from '../rpc/errors.ts'

const NEWLINE = 10
/** How often it is told how far it has got. */
const TELL_EVERY_MS = 200

const unwritable = (path: string, cause: unknown): ParleyError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const why = code === 'EEXIST' ? 'it is there already' : code
  return new ParleyError('USAGE', `Cannot write ${path}: ${why}`, {
    cause,
    hint: 'Give another name: /export FILE',
  })
}

/** Resolves to the path. A file that could not be finished is left as it is, without its end. */
export const exportFile = async (
  client: Pick<LocalClient, 'export'>,
  network: string,
  place: string,
  onProgress: (entries: number) => void,
): Promise<string> => {
  const path = resolve(place)
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  try {
    await once(file, 'open')
    let entries = 0
    let toldAt = performance.now()
    for await (const chunk of client.export(network)) {
      for (const byte of chunk) if (byte === NEWLINE) entries += 1
      if (performance.now() - toldAt >= TELL_EVERY_MS) {
        toldAt = performance.now()
        onProgress(entries)
      }
      if (!file.write(chunk)) await once(file, 'drain')
    }
    file.end()
    await once(file, 'finish')
    return path
  } catch (thrown) {
    file.destroy()
    throw thrown instanceof ParleyError ? thrown : unwritable(path, thrown)
  }
}
