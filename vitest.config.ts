import { defineConfig } from 'vitest/config'

const pictures = 'test/pictures/**/*.test.ts'
const realProcesses = ['test/e2e/**/*.test.ts', 'scripts/**/*.test.ts']

/**
 * Of those, what may run two files at a time: nothing in them is measured, and their nodes listen
 * on free ports of this machine alone, so that no file's nodes find another's.
 */
const together = [
  'cli-contract',
  'discovery',
  'hostile-local',
  'hostile-members',
  'hostile-peers',
  'identity',
  'late-message',
  'operator-verbs',
  'repair',
  'same-order',
  'upgrade',
  'web-journey',
  'web-screens',
].map((name) => `test/e2e/${name}.test.ts`)

const patience = { testTimeout: 120_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Whatever is not named elsewhere, so that no test is forgotten.
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', 'dist/**', ...realProcesses, pictures],
          environment: 'node',
          // One module graph for all files of a worker: many times faster. So no test file may
          // rely on module-level mutable state, fixed ports or fixed paths.
          isolate: false,
          // Some tests measure memory, after a collection of what is not in use.
          execArgv: ['--expose-gc'],
        },
      },
      // Only when somebody wants them drawn anew.
      { test: { name: 'pictures', include: [pictures], environment: 'node' } },
      {
        test: {
          name: 'e2e-together',
          include: together,
          environment: 'node',
          maxWorkers: 2,
          ...patience,
        },
      },
      {
        test: {
          name: 'e2e',
          include: realProcesses,
          exclude: together,
          environment: 'node',
          // Real processes with real clocks: two files at once would distort each other's timing.
          fileParallelism: false,
          ...patience,
        },
      },
    ],
  },
})
