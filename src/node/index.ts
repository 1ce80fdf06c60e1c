/** Parley as a library: `startNode` gives a `ChatNodeApi`. */
export * from './api.ts'
export { startNode } from './chat-node.ts'
export type { LogLevel, NodeLog } from './context.ts'
export type { NodeOptions } from './options.ts'
export type { Witness } from './witness.ts'
export type { ChatNode } from './running-node.ts'
