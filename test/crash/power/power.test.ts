import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSeededRandom, newSeed, type SeededRandom } from '../seeded-random.ts'
import { type Aftermath, type Check, checkPowerCut } from './check-power-cut.ts'
import { type PowerCut, replayPowerCut, type Share } from './power-cut.ts'
import { type RecordedRun, recordRun } from './recorded-run.ts'
import type { Moment, NameRules } from './recording.ts'

/** How many power cuts are followed by opening the stores, and how many by starting a server. */
const STORE_CUTS = Number(process.env['POWER_CUTS'] ?? 300)
const SERVER_CUTS = Math.ceil(STORE_CUTS / 5)
/** Repeats the choices of a run: where the power is cut and what that leaves. What is recorded depends on the machine. */
const SEED = Number(process.env['CRASH_SEED'] ?? newSeed())
const AGAIN = `repeat with CRASH_SEED=${SEED} POWER_CUTS=${STORE_CUTS}`
/** As many as there are cores on a small machine. */
const LANES = 2

let folder: string
let run: RecordedRun
let random: SeededRandom

beforeAll(async () => {
  random = createSeededRandom(SEED)
  folder = await mkdtemp(join(tmpdir(), 'kontor-power-'))
  run = await recordRun(folder, random.fork())
}, 300_000)

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('S59: the recording has everything that the server did to its files', () => {
  const { recording, root } = run
  const replayed = join(folder, 'replayed')
  const everything = { at: recording.length, rules: 'independent', names: 'all', bytes: 'all' } as const
  replayPowerCut(recording, everything, replayed, random.fork())
  // Throws with what differs. There is nothing to leave out: after a stop, SQLite's index in shared memory is gone.
  execFileSync('diff', ['--recursive', '--brief', root, replayed], { encoding: 'utf8' })
})

test('S59: nothing acknowledged is lost by a power cut: the stores, after many', { timeout: 900_000 }, async () => {
  const cuts = chooseCuts(STORE_CUTS)
  const aftermaths = await checkAll(cuts, 'stores')
  console.log(format('stores', aftermaths))
  expect(problemsOf(cuts, aftermaths), AGAIN).toEqual([])
  // Otherwise nothing was under way.
  expect(aftermaths.some(({ done }) => done > 0)).toBe(true)
  expect(aftermaths.some(({ undone }) => undone > 0)).toBe(true)
})

test('S59: nothing acknowledged is lost by a power cut: the server, after some', { timeout: 900_000 }, async () => {
  const cuts = chooseCuts(SERVER_CUTS)
  const aftermaths = await checkAll(cuts, 'server')
  const uploads = new Map<string, number>()
  for (const { upload = 'not begun' } of aftermaths) uploads.set(upload, (uploads.get(upload) ?? 0) + 1)
  console.log(format('server', aftermaths))
  console.log(`the unfinished upload: ${[...uploads].map(([kind, count]) => `${count} ${kind}`).join(', ')}`)
  expect(problemsOf(cuts, aftermaths), AGAIN).toEqual([])
})

/**
 * Half of the cuts come right after something was acknowledged, when as little as possible is on the disk; the others
 * anywhere, or where names change and syncs end, and some in the first start.
 */
function chooseCuts(count: number): PowerCut[] {
  const { recording, timeline, firstListening } = run
  const { nameChanges, syncs } = recording.landmarks
  const acknowledgements = timeline.acknowledgements(recording)
  const choose: readonly (() => Moment)[] = [
    () => random.pick(acknowledgements),
    () => random.pick(acknowledgements),
    () => random.pick(acknowledgements),
    () => random.pick(nameChanges) + random.int(0, 1),
    () => random.pick(syncs) + random.int(0, 1),
    () => random.int(0, recording.length),
    () => random.int(0, firstListening),
  ]
  return Array.from({ length: count }, (_, index): PowerCut => {
    const at = random.pick(choose)()
    const rules: NameRules = index % 2 === 0 ? 'journal' : 'independent'
    const [names, bytes] = random.pick(LEFT)
    return { at, rules, names, bytes }
  })
}

/** What is left of names and of bytes. */
const LEFT: readonly (readonly [Share, Share])[] = [
  ['none', 'none'],
  ['none', 'none'],
  ['all', 'none'],
  ['none', 'all'],
  ['all', 'all'],
  ['some', 'none'],
  ['all', 'some'],
  ['some', 'some'],
  ['some', 'some'],
  ['some', 'some'],
]

async function checkAll(cuts: readonly PowerCut[], check: Check): Promise<readonly Aftermath[]> {
  const seeds = cuts.map(() => random.int(0, 2 ** 31))
  const aftermaths: Aftermath[] = []
  const left = [...cuts.entries()]
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, cut] = next
      aftermaths[index] = await checkPowerCut(run, cut, seeds[index] ?? 0, check)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return aftermaths
}

/** The first few: when one thing is wrong, it is wrong after most cuts. */
function problemsOf(cuts: readonly PowerCut[], aftermaths: readonly Aftermath[]): string[] {
  return aftermaths
    .flatMap(({ problems }, index) => problems.map((problem) => `${JSON.stringify(cuts[index])}: ${problem}`))
    .slice(0, 20)
}

function format(what: string, aftermaths: readonly Aftermath[]): string {
  const sum = (amount: (aftermath: Aftermath) => number) => aftermaths.reduce((total, one) => total + amount(one), 0)
  return (
    `${aftermaths.length} power cuts in ${run.recording.length} recorded operations, read back from the ${what}: ` +
    `${sum(({ paths }) => paths)} paths compared; of the changes under way ${sum(({ done }) => done)} had happened and ` +
    `${sum(({ undone }) => undone)} had not; ${AGAIN}`
  )
}
