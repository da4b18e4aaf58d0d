import { expect, test } from 'vitest'
import { runKillLoop } from './kill-loop.ts'
import { newSeed } from './seeded-random.ts'

/** `npm run test:crash` asks for more. Its name is no KONTOR_…, which would look like a setting of the server. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 8)
/** Repeats a run: the same requests in the same order for each client, and the same moments of death. */
const SEED = Number(process.env['CRASH_SEED'] ?? newSeed())

/** Rounds enough for every kind of request to be hit with near certainty. */
const MANY_ROUNDS = 50

test('S58: nothing acknowledged is lost and nothing else is visible, whenever the server is killed', {
  timeout: 60_000 + ROUNDS * 10_000,
}, async () => {
  const again = `repeat with CRASH_SEED=${SEED} CRASH_ROUNDS=${ROUNDS}`
  const report = await runKillLoop({ rounds: ROUNDS, seed: SEED }).catch((cause: unknown) => {
    throw new Error(`the run broke off; ${again}`, { cause })
  })
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
    ]),
  )
  expect(report.undone).toBeGreaterThan(0)
})

function formatReport(report: Awaited<ReturnType<typeof runKillLoop>>, again: string): string {
  const hits = [...report.interruptions].sort(([, one], [, other]) => other - one)
  return [
    `${report.kills} kills, ${report.interruptingKills} of them under requests: ${hits.map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
    `of the changes under way ${report.done} had happened and ${report.undone} had not; ${report.paths} paths read back`,
    `slowest start ${report.slowestStartMs.toFixed(0)} ms; ${again}`,
  ].join('\n')
}
