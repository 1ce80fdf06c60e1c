/** What stands at the node's web address where the page was not built. */
import { safeHeaders } from './page-files.ts'

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => escapes[char] ?? '')

export const noPageHeaders: Readonly<Record<string, string>> = {
  ...safeHeaders,
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
}

export const noPage = (nodeName: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Parley: ${escapeHtml(nodeName)}</title>
<h1>Parley</h1>
<p>This is the node of <strong>${escapeHtml(nodeName)}</strong>, and it is running.</p>
<p>The chat for the browser has not been built: <code>npm run build</code> in the folder of the
clone does that. Until then use the terminal: <code>parley</code>, <code>parley --help</code>.</p>
</html>
`
