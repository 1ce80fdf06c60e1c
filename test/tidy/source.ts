// Reads the project's source for the tidy tests: which files there are, and what is code in them
// as opposed to comments and text.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const FOLDERS = ['bin', 'src', 'sim', 'scenarios', 'test', 'bench', 'scripts', 'examples']
const CODE = /\.(ts|tsx|js|mjs)$/

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string
  readonly text: string
  /** The text with comments, strings and regular expressions blanked: all places stay the same. */
  readonly code: string
}

export interface Import {
  readonly line: number
  /** As written, such as `../core/ids.ts` or `node:fs`. */
  readonly specifier: string
  /** For a relative import: the imported file, relative to the root; else null. */
  readonly path: string | null
}

/** Every file and folder below the project's own folders, relative to the root. */
export function listPaths(): string[] {
  return FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) => [
    folder,
    ...readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => posix.join(folder, path.split(sep).join('/')))
      .filter((path) => !/(^|\/)(node_modules|dist)(\/|$)/.test(path)),
  ])
}

export function readSources(): SourceFile[] {
  return listPaths()
    .filter((path) => CODE.test(path))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, code: blankText(text) }
    })
}

/** Tests, and suites that tests share: they may use what the code beside them may not. */
export const isTest = (path: string): boolean => /\.(test|suite)\.tsx?$/.test(path)

/** `path:line text` for every line of `text` that matches. */
export function matchingLines(file: SourceFile, text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      pattern.test(line) ? [`${file.path}:${index + 1}  ${line.trim()}`] : [],
    )
}

// A slash opens a regular expression only after something that cannot end a value: a guess, and a
// right one for code that a formatter wrote.
const BEFORE_REGEX = String.raw`(?<=(?:[(,=:[!&|?{};+]|=>|\breturn)\s*)`
const REGEX_CLASS = String.raw`\[(?:[^\]\\\n]|\\.)*\]`

// One alternative for each thing that is not code.
const NOT_CODE = new RegExp(
  [
    String.raw`\/\/[^\n]*`,
    String.raw`\/\*[\s\S]*?\*\/`,
    String.raw`'(?:[^'\\\n]|\\.)*'`,
    String.raw`"(?:[^"\\\n]|\\.)*"`,
    String.raw`${BEFORE_REGEX}\/(?![/*])(?:[^/\\\n[]|\\.|${REGEX_CLASS})+\/[a-z]*`,
  ].join('|'),
  'y',
)

const spaces = (text: string): string => text.replace(/[^\n]/g, ' ')

/** Spaces instead of the text; of a string the quotes stay. */
function blank(text: string): string {
  const quote = text.charAt(0)
  return /['"]/.test(quote) ? quote + spaces(text.slice(1, -1)) + quote : spaces(text)
}

/** Blanks everything that is not code. What is inside `${}` of a template is code. */
export function blankText(text: string): string {
  let code = ''
  let at = 0
  // For each template that is open around the current place: how many braces are open in it.
  const braces: number[] = []
  const inTemplate = (from: number): number => {
    let end = from
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) {
      end += text[end] === '\\' ? 2 : 1
    }
    code += spaces(text.slice(from, end))
    if (text.startsWith('${', end)) {
      braces.push(0)
      code += '${'
      return end + 2
    }
    code += '`'
    return end + 1
  }
  while (at < text.length) {
    NOT_CODE.lastIndex = at
    const found = NOT_CODE.exec(text)
    const char = text[at] ?? ''
    const open = braces.at(-1)
    if (found !== null) {
      code += blank(found[0])
      at += found[0].length
    } else if (char === '`') {
      code += '`'
      at = inTemplate(at + 1)
    } else if (char === '}' && open === 0) {
      braces.pop()
      code += '}'
      at = inTemplate(at + 1)
    } else {
      if (open !== undefined && char === '{') braces.push((braces.pop() ?? 0) + 1)
      if (open !== undefined && char === '}') braces.push((braces.pop() ?? 0) - 1)
      code += char
      at += 1
    }
  }
  return code
}

const IMPORT = /\b(?:import|export)\b[^'"`;]*?\bfrom\s*(?=['"])|\bimport\s*\(?\s*(?=['"])/g

/** Everything a file imports or passes on from elsewhere, types too. */
export function importsOf(file: SourceFile): Import[] {
  return Array.from(file.code.matchAll(IMPORT), (found) => {
    const start = found.index + found[0].length
    // The code still has the quotes; what is between them only the text has.
    const end = file.code.indexOf(file.code[start] ?? '', start + 1)
    const specifier = file.text.slice(start + 1, end)
    const isRelative = specifier.startsWith('.')
    return {
      line: file.text.slice(0, start).split('\n').length,
      specifier,
      path: isRelative ? posix.join(posix.dirname(file.path), specifier) : null,
    }
  })
}
