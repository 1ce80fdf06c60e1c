/**
 * Writes the reference of all errors from their table. `errors-doc.test.ts` holds the file against
 * it.
 */
import { ERRORS, EXIT_CODES } from './errors.ts'

const exitWords: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  ok: 'done',
  error: 'an error that no other code names',
  usage: 'the command was used wrongly',
  unreachable: 'no node is running, or nobody could be reached',
  timeout: 'no answer in time',
  refused: 'understood and refused',
  verification: 'verification failed',
  interrupted: 'interrupted from the keyboard',
}

const intro = `# Errors

Written from the table in \`src/rpc/errors.ts\`; change it there.

Every error has a name that stays the same. A command prints it on stderr, with \`--json\` as
\`{"error":{"code":"NAME_TAKEN","message":"…","hint":"…"}}\`, and ends with the exit code below.
Over JSON-RPC it is the \`error\` of an answer: the number is its \`code\`, and \`data\` has the
name and the hint:

\`\`\`json
{ "code": -32005, "message": "…", "data": { "code": "NAME_TAKEN", "hint": "…" } }
\`\`\`

Some errors carry more facts in \`data\`: \`NOT_LEADER\` the leader to ask instead,
\`RATE_LIMITED\` the time to wait in \`retryMs\`, \`UNREACHABLE\` a \`reason\` such as \`refused\`
or \`reset\`. Where "Again?" says yes, the same call may succeed later without anybody changing
anything.
`

/** The whole page as Markdown. */
export const errorsPage = (): string => {
  const exits = Object.entries(EXIT_CODES).map(
    ([name, code]) => `| ${code} | ${exitWords[name as keyof typeof EXIT_CODES]} |`,
  )
  const rows = Object.entries(ERRORS).map(([code, { rpc, exit, transient, message, hint }]) => {
    const cells = [`\`${code}\``, `${rpc}`, `${exit}`, transient ? 'yes' : 'no', message, hint]
    return `| ${cells.join(' | ')} |`
  })
  return [
    intro,
    '## Exit codes\n',
    '| Code | Meaning |',
    '| ---- | ------- |',
    ...exits,
    '\n## Codes\n',
    '| Code | JSON-RPC | Exit | Again? | Says | What to do |',
    '| ---- | -------- | ---- | ------ | ---- | ---------- |',
    ...rows,
    '',
  ].join('\n')
}
