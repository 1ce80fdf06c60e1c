export { LocalClient, type LocalCallOptions } from './client.ts'
export { infoPath, readInfo } from './info-file.ts'
export { startLocalApi, type LocalApi, type LocalApiOptions } from './server.ts'
export type * from './types.ts'
