/**
 * Ids of traces and their parts (W3C Trace Context). A message's id is a UUID and so has just the
 * size of a trace's: every node that handles the message knows the trace without being told.
 */
import { createHash } from 'node:crypto'

import type { MessageId } from '../core/ids.ts'

/** 32 hexadecimal digits. */
export const traceIdOf = (message: MessageId | string): string => message.replaceAll('-', '')

/** The same 16 digits on every node, for a part of a message's trace that has a name. */
export const spanIdOf = (message: MessageId | string, part: string): string =>
  createHash('sha256').update(`${message} ${part}`).digest('hex').slice(0, 16)
