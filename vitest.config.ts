import { defineConfig } from 'vitest/config'

const pictures = 'test/pictures/**/*.test.ts'
const realProcesses = ['test/e2e/**/*.test.ts', 'scripts/**/*.test.ts']

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
          name: 'e2e',
          include: realProcesses,
          environment: 'node',
          // Real processes with real clocks: two files at once would distort each other's timing.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
