import { expect, test } from 'vitest'
import { runKillLoop } from './kill-loop.ts'
import { addReports, type KillReport } from './kill-tally.ts'
import { newSeed } from './seeded-random.ts'

/** `npm run test:crash` asks for more. Its name is no KONTOR_…, which would look like a setting of the server. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 6)
/** Repeats a run: the same requests in the same order for each client, and the same moments of death. */
const SEED = Number(process.env['CRASH_SEED'] ?? newSeed())

/** Servers that are killed at the same time, each with a data folder of its own. */
const LANES = 2

/** Rounds enough for every kind of request to be hit with near certainty. */
const MANY_ROUNDS = 200

test('S58: nothing acknowledged is lost and nothing else is visible, whenever the server is killed', {
  timeout: 60_000 + ROUNDS * 10_000,
}, async () => {
  const again = `repeat with CRASH_SEED=${SEED} CRASH_ROUNDS=${ROUNDS}`
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    runKillLoop({ rounds: Math.ceil((ROUNDS - lane) / LANES), seed: SEED + lane }),
  )
  const reports = await Promise.all(lanes).catch((cause: unknown) => {
    throw new Error(`the run broke off; ${again}`, { cause })
  })
  const report = addReports(reports)
  console.log(formatReport(report, again))

  expect(report.problems, again).toEqual([])
  // Kills that hit nobody would prove nothing.
  expect(report.kills).toBe(ROUNDS)
  expect(report.interruptingKills, again).toBeGreaterThanOrEqual(0.9 * ROUNDS)
  expect(report.slowestStartMs).toBeLessThan(15_000)
  if (ROUNDS < MANY_ROUNDS) return
  expect([...report.interruptions.keys()]).toEqual(
    expect.arrayContaining([
      'POST blob',
      'POST upload',
      'PATCH upload',
      'PUT upload',
      'PUT manifest',
      'DELETE manifest',
      'DELETE blob',
      'POST mount',
      'POST import',
      'DELETE repository',
      'PUT tag in the API',
      'DELETE tag in the API',
    ]),
  )
  expect(report.undone).toBeGreaterThan(0)
})

function formatReport(report: KillReport, again: string): string {
  const hits = [...report.interruptions].sort(([, one], [, other]) => other - one)
  return [
    `${report.kills} kills, ${report.interruptingKills} of them under requests: ${hits.map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
    `of the changes under way ${report.done} had happened and ${report.undone} had not; ${report.paths} paths read back`,
    `slowest start ${report.slowestStartMs.toFixed(0)} ms; ${again}`,
  ].join('\n')
}
