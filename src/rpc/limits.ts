/** Bounds of everything that comes over the wire. Each is enforced before memory is spent on it. */

/** Bytes of one request body or one WebSocket frame. */
export const MAX_FRAME_BYTES = 1024 * 1024
/** Nesting of arrays and objects in one text; checked before the text is parsed. */
export const MAX_DEPTH = 64
/** Calls in one batch. */
export const MAX_BATCH = 64
/** Calls of one batch that run at the same time. */
export const BATCH_CONCURRENCY = 8
/** Bytes of one answer: a batch may ask for more than a single frame would hold. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** Characters of a method name. */
export const MAX_METHOD_CHARS = 128
