/** The chat with panes. */
export { askName, runChat, type ChatOptions, type Terminal } from './run.ts'
