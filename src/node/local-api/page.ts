/** The page at the node's web address: for now it only says where one is. */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => escapes[char] ?? '')

export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
}

export const pageFor = (nodeName: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Parley: ${escapeHtml(nodeName)}</title>
<h1>Parley</h1>
<p>This is the node of <strong>${escapeHtml(nodeName)}</strong>, and it is running.</p>
<p>The chat in the browser is not part of this version. Use the terminal on the same machine:
<code>parley status</code>, <code>parley networks</code>, <code>parley --help</code>.</p>
</html>
`
