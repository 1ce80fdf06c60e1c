/** Logs, metrics and traces of a node. */
export { observe, type Observation, type ObserveOptions } from './observe.ts'
