// What becomes of a message's text: elements that we made, whatever the text says.
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'

import { MessageText } from './elements.tsx'
import { MAX_FORMATTED } from './parser.ts'

const shown = (text: string, self = 'alice'): string =>
  renderToStaticMarkup(createElement(MessageText, { text, self }))

describe('what may be formatted', () => {
  test.each([
    ['**bold** and *slanted*', '<p><strong>bold</strong> and <em>slanted</em></p>'],
    ['~~gone~~', '<p><s>gone</s></p>'],
    ['`code`', '<p><code>code</code></p>'],
    ['one\ntwo', '<p>one<br/>two</p>'],
    ['> said', '<blockquote><p>said</p></blockquote>'],
    ['- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
    ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['2 * 3 * 4', '<p>2 * 3 * 4</p>'],
    ['snake_case_name', '<p>snake_case_name</p>'],
  ])('%s', (text, markup) => expect(shown(text)).toBe(markup))

  test('a link shows where it leads, and opens without telling where it was', () => {
    expect(shown('see https://a.example/b?c=d')).toBe(
      '<p>see <a href="https://a.example/b?c=d" title="https://a.example/b?c=d"' +
        ' target="_blank" rel="noopener noreferrer">https://a.example/b?c=d</a></p>',
    )
  })

  test('an invite opens on this page, and is asked about there', () => {
    const invite = 'parley://join/abc?n=lobby#secret'
    expect(shown(`<${invite}>`)).toContain(`href="/#join=${encodeURIComponent(invite)}"`)
  })
})

describe('what must not become anything', () => {
  test.each([
    ['<script>alert(1)</script>'],
    ['<img src=x onerror=alert(1)>'],
    ['[x](javascript:alert(1))'],
    ['[x](data:text/html,<script>1</script>)'],
    ['<javascript:alert(1)>'],
    ['![x](https://a.example/pixel.png)'],
    ['[x]: https://a.example\n\n[x]'],
    ['# no heading'],
    ['a | b\n--|--\n1 | 2'],
    ['<a href="https://a.example" onclick="x()">x</a>'],
  ])('%s', (text) => {
    const markup = shown(text)
    expect(markup).not.toMatch(/<(script|img|h\d|table|iframe|style)\b/)
    expect(markup).not.toMatch(/(href|src)="(javascript|data):/i)
    expect(markup).not.toMatch(/<[^>]*\son\w+=/)
  })

  test('what turns text around and what terminals act on is gone', () => {
    expect(shown('a\u202eb\u001b[31mc\u0007\u200bd')).toBe('<p>abcd</p>')
  })

  test('a book is shown as it is, and in time', () => {
    const text = '*'.repeat(MAX_FORMATTED + 1)
    expect(shown(text)).toBe(`<p class="unformatted">${text}</p>`)
  })

  test.each([
    ['stars', '*a'.repeat(MAX_FORMATTED / 2)],
    ['brackets', '['.repeat(MAX_FORMATTED)],
    ['quotes', '>'.repeat(MAX_FORMATTED)],
    ['backticks', '`'.repeat(7) + 'a`'.repeat(3_500)],
    ['links', 'https://'.repeat(1_000)],
    ['at signs', '@a'.repeat(MAX_FORMATTED / 2)],
  ])('text made to take long does not: %s', (_, text) => {
    const startedAt = performance.now()
    shown(text)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})

describe('names', () => {
  test('whoever reads is made visible, and so is who else is spoken to', () => {
    expect(shown('alice: ask @bob, not malice')).toBe(
      '<p><span class="spoken spoken-self">alice</span>: ask <span class="spoken">@bob</span>' +
        ', not malice</p>',
    )
  })

  test('not in code', () => {
    expect(shown('`@bob`')).toBe('<p><code>@bob</code></p>')
  })
})
