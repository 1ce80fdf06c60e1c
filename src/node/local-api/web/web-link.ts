/** The method that makes links for browsers: for whoever has the token, so not for pages. */
import { z } from 'zod'

import { defineMethod } from '../../../rpc/method.ts'
import type { MethodTable } from '../../../rpc/method-table.ts'

const webLinkMethod = defineMethod({
  name: 'web_link',
  summary: 'A link that signs one browser in, once, within ten minutes.',
  params: z.strictObject({}),
  result: z.object({ link: z.string() }),
  errors: [],
})

export const addWebLink = (table: MethodTable, webLink: () => string): MethodTable =>
  table.add(webLinkMethod, () => ({ link: webLink() }))
