/** `parley web`: a way into the chat in the browser. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

import { makePrivateFolder } from '../../crypto/private-folder.ts'
import { setWebPassword } from '../../node/local-api/web/password-door.ts'
import { writePrivateFile } from '../../node/local-api/private-file.ts'
import { ParleyError } from '../../rpc/errors.ts'
import type { CommandContext } from '../command-context.ts'
import { askTwice, canAsk, secretIn } from '../passphrase.ts'
import { fingerprintLines } from '../web-fingerprint.ts'

/** What opens a file with the program that the desktop has for it. */
const opener = process.platform === 'darwin' ? 'open' : 'xdg-open'

/**
 * Leads a browser to the link. The link itself is no argument, which all users of the machine could
 * read: the file is for this user alone.
 */
const pageTo = (link: string): string => `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${link}">
<title>Parley</title>
`

const openFile = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(opener, [path], { stdio: 'ignore', detached: true })
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
    child.once('error', (cause) => {
      const hint = 'Copy the link into a browser on this machine.'
      reject(new ParleyError('USAGE', `There is no ${opener} to open it with`, { hint, cause }))
    })
  })

/** For a page that others can reach: typed, or in a file that the environment names. */
const setPassword = async (context: CommandContext): Promise<void> => {
  const { dataDir } = await context.settings()
  const path = process.env['PARLEY_WEB_PASSWORD_FILE'] ?? ''
  if (path === '' && !canAsk()) {
    throw new ParleyError('USAGE', 'A new password is typed at a terminal', {
      hint: 'Where there is none, name a file that holds it in PARLEY_WEB_PASSWORD_FILE.',
    })
  }
  const password = path === '' ? await askTwice('New password of the page: ') : secretIn(path)
  makePrivateFolder(dataDir)
  await setWebPassword(dataDir, password)
  await context.out.result({ dataDir }, `The page of ${dataDir} has this password now`)
}

export const web = async (context: CommandContext): Promise<void> => {
  if (context.flags.setPassword === true) {
    await setPassword(context)
    return
  }
  const client = await context.client()
  const found = await client.call('web_link', {})
  const { link, fingerprint } = found
  await context.out.result(found, [link, ...fingerprintLines(fingerprint)].join('\n'))
  if (context.flags.open !== true) return
  const path = join((await context.settings()).dataDir, 'open-web.html')
  writePrivateFile(path, pageTo(link))
  await openFile(path)
}
