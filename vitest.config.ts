import { defineConfig } from 'vitest/config'

/**
 * What every project shares: native modules (better-sqlite3, argon2) want processes, not threads. The timeouts are there
 * for what hangs; a machine that others use as well may take ten times as long as usual.
 */
const shared = {
  pool: 'forks',
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 30_000 } },
} as const

/** Tests that count what a library is asked to do put something in its place, which nobody else must find there. */
const MODULES_REPLACED = ['test/unit/access/{authenticate,authenticate-throttle,passwords}.test.ts']

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
          // No module of ours has state, so files can share them: loading all anew for each took a quarter of the time.
          isolate: false,
          include: [
            'test/{architecture,unit,property,contract,http}/**/*.test.ts',
            'test/crash/{,concurrency/}*.test.ts',
          ],
          exclude: MODULES_REPLACED,
        },
      },
      { test: { ...shared, name: 'core-isolated', include: MODULES_REPLACED } },
      // Each starts the program some hundred times, beside a server.
      { test: { ...shared, name: 'cli', include: ['test/cli/**/*.test.ts'] } },
      // The same properties as in `core`, each for as long as test/fuzz/run.mjs is told.
      { test: { ...shared, name: 'fuzz', include: ['test/property/**/*.test.ts'], testTimeout: 0 } },
      { test: { ...shared, name: 'conformance', include: ['test/conformance/**/*.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'conformance-official',
          include: ['test/conformance/official.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          env: {
            CRASH_ROUNDS: '265',
            CRASH_MIGRATION_KILLS: '8',
            CRASH_TAG_OPERATIONS: '8000',
            CRASH_TAG_KILLS: '8',
            CRASH_RACES: '60',
            // Whoever asks for another number, or for a seed, gets it.
            ...process.env,
          },
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
