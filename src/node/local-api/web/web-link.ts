/** The method that makes links for browsers: for whoever has the token, so not for pages. */
import { z } from 'zod'

import { defineMethod } from '../../../rpc/method.ts'
import type { MethodTable } from '../../../rpc/method-table.ts'

export interface WebLink {
  readonly link: string
  /** SHA-256 of the certificate that the node has made for itself, as browsers show it. */
  readonly fingerprint: string | null
}

const webLinkMethod = defineMethod({
  name: 'web_link',
  summary: 'A link that signs one browser in, once, within ten minutes.',
  params: z.strictObject({}),
  result: z.object({ link: z.string(), fingerprint: z.string().nullable() }),
  errors: [],
})

export const addWebLink = (table: MethodTable, webLink: () => WebLink): MethodTable =>
  table.add(webLinkMethod, () => webLink())
