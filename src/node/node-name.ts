/** What a node may be called. */
import { limits } from '../core/limits.ts'
import { isPrintableName } from '../nds/names.ts'
import { ParleyError } from '../rpc/errors.ts'

/** The name itself. Throws USAGE. */
export const checkedName = (name: string): string => {
  if (isPrintableName(name) && name.length <= limits.nameLength) return name
  throw new ParleyError('USAGE', 'A name has 1 to 64 printable characters')
}
