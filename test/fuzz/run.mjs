/**
 * Tries every property of the parsers, and of whatever else has some, for as long as wanted:
 *
 *     npm run test:fuzz -- [seconds for each] [words of a test's name] [--seed <number> [--path <path>]]
 */
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'

const DEFAULT_SECONDS = '10'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, path: { type: 'string' } },
})
const [seconds = DEFAULT_SECONDS, name] = positionals
if (!(Number(seconds) > 0)) {
  console.error(`${seconds} is no number of seconds; write: npm run test:fuzz -- 60`)
  process.exit(1)
}
const literal = name?.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
const vitest = spawn(
  'vitest',
  [
    'run',
    '--project',
    'fuzz',
    '--disableConsoleIntercept',
    ...(literal === undefined ? [] : ['--testNamePattern', literal]),
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      FUZZ_SECONDS: seconds,
      ...(values.seed !== undefined && { FUZZ_SEED: values.seed }),
      ...(values.path !== undefined && { FUZZ_PATH: values.path }),
    },
  },
)
vitest.on('exit', (code) => process.exit(code ?? 1))
