import { defineConfig } from 'vitest/config'

/**
 * What every project shares: native modules (better-sqlite3, argon2) want processes, not threads. The timeouts are there
 * for what hangs; a machine that others use as well may take ten times as long as usual.
 */
const shared = { pool: 'forks', testTimeout: 60_000, hookTimeout: 60_000 } as const

/**
 * `core` needs nothing but Node and runs in `npm test`. The other suites drive real clients, whole servers
 * or a file system that fails; each has its own npm script, and .ci/run calls them all.
 */
export default defineConfig({
  test: {
    // vitest leaves one core to the watcher, which is half of a small machine.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          ...shared,
          name: 'core',
          include: ['test/{architecture,unit,property,contract,http}/**/*.test.ts', 'test/crash/*.test.ts'],
        },
      },
      { test: { ...shared, name: 'conformance', include: ['test/conformance/**/*.test.ts'], testTimeout: 120_000 } },
      {
        test: {
          ...shared,
          name: 'conformance-official',
          include: ['test/conformance/official.ts'],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          env: { CRASH_ROUNDS: '60' },
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...shared,
          name: 'clients',
          include: ['test/clients/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
