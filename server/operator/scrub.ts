import { setTimeout } from 'node:timers/promises'
import type { Scrub } from '../../storage/metadata/scrubs.ts'
import { SYSTEM } from '../access/caller.ts'
import type { ScrubControl } from '../compose-scrub.ts'
import { DEFAULT_BYTES_PER_SECOND, type Rate, readRate } from '../scrub/rate.ts'
import { createDamagePrinter } from './damage-printer.ts'
import { loadSettings, type SettingsArguments } from './load-settings.ts'
import { createProgressPrinter } from './progress-printer.ts'
import { waitForStopSignal } from './stop-signal.ts'

/** What the command ends with. */
const EXIT = { clean: 0, failed: 1, wrongCommandLine: 2, damaged: 3, interrupted: 130 } as const

/** How often a running scrub is looked at. */
const LOOK_EVERY_MS = 500

/** A server stores its progress each second; one that has not done so for this long is gone. */
const SILENCE_MS = 60_000

/** What `kontor scrub` was asked for beside the settings. */
export interface ScrubOptions {
  /** As it was written, such as `50MiB/s`. */
  readonly rate: string | undefined
  readonly startsOver: boolean
}

/**
 * `kontor scrub`: has everything stored compared with its digest, by the server if one runs, else here; shows how far it
 * is on stderr, and what is damaged on stdout. Ends with 0 when nothing is, with 3 when something is, with 1 when it
 * could not be done, with 130 when it was interrupted: then the next call goes on where it was.
 */
export async function scrub(settings: SettingsArguments, { rate: text, startsOver }: ScrubOptions): Promise<void> {
  const rate = text === undefined ? undefined : readRate(text)
  if (text !== undefined && rate === undefined) {
    console.error(`kontor: ${text} is no rate; give --rate as in 50MiB/s, at least 1MiB/s, or unlimited`)
    process.exit(EXIT.wrongCommandLine)
  }
  const loaded = loadSettings(settings)
  if (loaded === undefined) return
  const interruption = new AbortController()
  void waitForStopSignal(process, (exitCode) => process.exit(exitCode)).then(() => interruption.abort())
  try {
    const { openScrubControl } = await import('../compose-scrub.ts')
    const control = await openScrubControl(loaded.config.dataDir)
    const exitCode = await start(control, { rate, startsOver }, interruption.signal)
    await control.close()
    process.exit(exitCode)
  } catch (error) {
    console.error(`kontor: ${error instanceof Error ? error.message.replaceAll(/\s*\n\s*/g, ' ') : String(error)}`)
    process.exit(EXIT.failed)
  }
}

/** @returns the exit code. */
async function start(
  control: ScrubControl,
  { rate, startsOver }: { readonly rate: Rate | undefined; readonly startsOver: boolean },
  interruption: AbortSignal,
): Promise<number> {
  const { scrubs, runHere } = control
  const newest = await scrubs.find()
  const unfinished = startsOver || newest?.finishedAt !== undefined ? undefined : newest
  const started = await scrubs.start({ bytesPerSecond: limitOf(rate, unfinished), startsOver }, SYSTEM)
  const what = unfinished === undefined ? 'scrubbing' : 'going on with the scrub that was not finished'
  console.error(`kontor: ${what}${runHere === undefined ? ', in the server that runs' : ''}`)
  let failure: { readonly error: unknown } | undefined
  const running = runHere?.(interruption).catch((error: unknown) => {
    failure = { error }
  })
  const isFinished = await watch(control, { started, interruption, failure: () => failure })
  await running
  if (isFinished) return (await control.damage.count()) > 0 ? EXIT.damaged : EXIT.clean
  await scrubs.pause(undefined, SYSTEM)
  console.error('\nkontor: paused; the next call of this command goes on from here')
  return EXIT.interrupted
}

/** Bytes per second; a scrub that goes on keeps its speed unless told otherwise. */
function limitOf(rate: Rate | undefined, unfinished: Scrub | undefined): number | undefined {
  if (rate !== undefined) return rate.kind === 'limited' ? rate.bytesPerSecond : undefined
  return unfinished === undefined ? DEFAULT_BYTES_PER_SECOND : unfinished.bytesPerSecond
}

/**
 * Shows what a scrub does until it is finished, or this command is interrupted.
 * @returns whether it is finished.
 * @throws Error when it does not go on.
 */
async function watch(
  { scrubs, damage, runHere }: ScrubControl,
  watched: {
    readonly started: Scrub
    readonly interruption: AbortSignal
    readonly failure: () => { readonly error: unknown } | undefined
  },
): Promise<boolean> {
  const { started, interruption } = watched
  const printDamage = createDamagePrinter({ damage, write: (text) => process.stdout.write(text) })
  const printProgress = createProgressPrinter(process.stderr)
  let last = { progress: started.progress, at: performance.now() }
  while (!interruption.aborted) {
    const failure = watched.failure()
    if (failure !== undefined) throw failure.error
    const scrub = await scrubs.find()
    if (scrub === undefined || scrub.id !== started.id) {
      throw new Error('somebody else has started the scrub over; call this again to watch that one')
    }
    printProgress(scrub)
    await printDamage()
    if (scrub.finishedAt !== undefined) return true
    const { problem, pausedAt, progress } = scrub
    if (problem !== undefined)
      throw new Error(`the scrub cannot go on: ${problem}; call this again once that is mended`)
    if (pausedAt !== undefined) throw new Error('somebody else has paused the scrub; call this again to go on')
    if (progress.blobBytes !== last.progress.blobBytes || progress.manifests !== last.progress.manifests) {
      last = { progress, at: performance.now() }
    }
    if (runHere === undefined && performance.now() - last.at > SILENCE_MS) {
      throw new Error('the server does not go on with the scrub; it will when it is started again, or call this again')
    }
    await setTimeout(LOOK_EVERY_MS, undefined, { signal: interruption }).catch(() => {})
  }
  return false
}
