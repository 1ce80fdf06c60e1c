/** The page as it was built: its files, and what browsers are told about them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `dist/web`, both from the compiled file and from its source. */
export const builtPage = (): string => {
  const here = import.meta.url
  const dist = here.endsWith('.ts') ? '../../../../dist/' : '../../../'
  return fileURLToPath(new URL(`${dist}web/`, here))
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}

/** Nothing from elsewhere, nothing written into the page, nothing made of text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

export const safeHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

export interface PageFile {
  readonly path: string
  readonly headers: OutgoingHttpHeaders
}

/** The build gives files in here names that change with their contents. */
const HASHED = 'assets/'
const FOR_EVER = 'public, max-age=31536000, immutable'

const headersOf = (name: string): OutgoingHttpHeaders => ({
  ...safeHeaders,
  'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
  'cache-control': name.startsWith(HASHED) ? FOR_EVER : 'no-cache',
})

/**
 * The files that there are, by the path they are asked for with. Only what was found in the folder
 * is ever opened, so that no path leads out of it.
 */
export class PageFiles {
  readonly #folder: string
  #files: ReadonlyMap<string, PageFile> = new Map()

  constructor(folder: string) {
    this.#folder = folder
    this.#look()
  }

  /** Null if there is no such file. `/` is the page, which is looked for anew each time. */
  find(pathname: string): PageFile | null {
    if (pathname !== '/') return this.#files.get(pathname) ?? null
    this.#look()
    return this.#files.get('/index.html') ?? null
  }

  /** Null if it went away just now. */
  read(file: PageFile): Buffer | null {
    try {
      return readFileSync(file.path)
    } catch {
      return null
    }
  }

  #look(): void {
    if (!existsSync(this.#folder)) return
    const entries = readdirSync(this.#folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    this.#files = new Map(
      files.map(({ parentPath, name }) => {
        const path = join(parentPath, name)
        const inside = path.slice(join(this.#folder, '/').length).replaceAll('\\', '/')
        return [`/${inside}`, { path, headers: headersOf(inside) }]
      }),
    )
  }
}
