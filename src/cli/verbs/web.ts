/** `parley web`: a way into the chat in the browser. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

import { writePrivateFile } from '../../node/local-api/private-file.ts'
import { ParleyError } from '../../rpc/errors.ts'
import type { CommandContext } from '../command-context.ts'

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

export const web = async (context: CommandContext): Promise<void> => {
  const client = await context.client()
  const { link } = await client.call('web_link', {})
  await context.out.result({ link }, link)
  if (context.flags.open !== true) return
  const path = join((await context.settings()).dataDir, 'open-web.html')
  writePrivateFile(path, pageTo(link))
  await openFile(path)
}
