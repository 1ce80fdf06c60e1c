// `npm start`: prepare what is missing, then be `parley` with the arguments after `--`.
import { ensureBuilt, orExplain } from './setup.mjs'

await orExplain(async () => {
  ensureBuilt()
  await import('../bin/parley.js')
})
