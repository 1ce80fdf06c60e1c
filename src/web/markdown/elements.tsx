/** A message's text as elements: every one is made here, none by the text. */
import type { Token } from 'markdown-it'
import { Fragment, memo, useMemo, type ReactNode } from 'react'

import { plainText } from '../../view-model/plain-text.ts'
import { CodeBlock } from './code-block.tsx'
import { isSafeTarget, MAX_FORMATTED, tokensOf } from './parser.ts'
import { spokenParts } from './spoken.ts'

interface Open {
  readonly token: Token | null
  readonly children: ReactNode[]
}

/** Words, with names that are spoken to made visible. */
const words = (text: string, self: string): ReactNode =>
  spokenParts(text, self).map(({ text: part, kind }, index) =>
    kind === 'plain' ? (
      part
    ) : (
      // The parts of a text do not move.
      <span key={index} className={kind === 'self' ? 'spoken spoken-self' : 'spoken'}>
        {part}
      </span>
    ),
  )

const link = (token: Token, children: readonly ReactNode[], key: number): ReactNode => {
  const target = String(token.attrGet('href') ?? '')
  if (!isSafeTarget(target)) return <Fragment key={key}>{children}</Fragment>
  const isInvite = target.startsWith('parley:')
  const where = isInvite ? `/#join=${encodeURIComponent(target)}` : target
  const aside = isInvite ? {} : { target: '_blank', rel: 'noopener noreferrer' }
  return (
    <a key={key} href={where} title={target} {...aside}>
      {children}
    </a>
  )
}

/** The element that a pair of tokens stands for. */
const pair = (token: Token | null, children: readonly ReactNode[], key: number): ReactNode => {
  switch (token?.type) {
    case 'paragraph_open':
      return token.hidden ? <Fragment key={key}>{children}</Fragment> : <p key={key}>{children}</p>
    case 'strong_open':
      return <strong key={key}>{children}</strong>
    case 'em_open':
      return <em key={key}>{children}</em>
    case 's_open':
      return <s key={key}>{children}</s>
    case 'blockquote_open':
      return <blockquote key={key}>{children}</blockquote>
    case 'bullet_list_open':
      return <ul key={key}>{children}</ul>
    case 'ordered_list_open':
      return (
        <ol key={key} start={Number(token.attrGet('start') ?? 1)}>
          {children}
        </ol>
      )
    case 'list_item_open':
      return <li key={key}>{children}</li>
    case 'link_open':
      return link(token, children, key)
    default:
      return <Fragment key={key}>{children}</Fragment>
  }
}

const single = (token: Token, self: string, key: number): ReactNode => {
  switch (token.type) {
    case 'inline':
      return <Fragment key={key}>{elementsOf(token.children ?? [], self)}</Fragment>
    case 'code_inline':
      return <code key={key}>{token.content}</code>
    case 'fence':
    case 'code_block':
      return <CodeBlock key={key} text={token.content.replace(/\n$/, '')} />
    case 'softbreak':
    case 'hardbreak':
      return <br key={key} />
    default:
      return <Fragment key={key}>{words(token.content, self)}</Fragment>
  }
}

/** Elements for tokens; what is opened and not closed is closed at the end. */
export const elementsOf = (tokens: readonly Token[], self: string): readonly ReactNode[] => {
  const stack: Open[] = [{ token: null, children: [] }]
  const close = (key: number): void => {
    const done = stack.pop()
    if (done !== undefined) stack.at(-1)?.children.push(pair(done.token, done.children, key))
  }
  for (const [key, token] of tokens.entries()) {
    if (token.nesting === 1) stack.push({ token, children: [] })
    else if (token.nesting === 0) stack.at(-1)?.children.push(single(token, self, key))
    else if (stack.length > 1) close(key)
  }
  while (stack.length > 1) close(tokens.length + stack.length)
  return stack[0]?.children ?? []
}

interface MessageTextProps {
  readonly text: string
  /** The name of whoever reads. */
  readonly self: string
}

/** What somebody wrote: safe, formatted if it is not too long. */
export const MessageText = memo(({ text, self }: MessageTextProps) => {
  const shown = useMemo(() => {
    const plain = plainText(text)
    if (plain.length > MAX_FORMATTED) return <p className="unformatted">{plain}</p>
    return elementsOf(tokensOf(plain), self)
  }, [text, self])
  return <>{shown}</>
})
