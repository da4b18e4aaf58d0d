import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { findDataFolderProblems } from './data-folder-problems.ts'
import { createOracle, type Oracle, type Settlement } from './oracle.ts'
import { basicAuthorization, type ConnectionLost, createPushClient, fetchBearerAuthorization } from './push-client.ts'
import { readBack } from './read-back.ts'
import { createSeededRandom, type SeededRandom } from './seeded-random.ts'
import { createWriter, type Writer } from './writer.ts'

const WRITERS = 8
const SHARED_BLOBS = 12
/** Rounds that work in the same repositories. All of these are read back after each kill, so they must not grow for ever. */
const ROUNDS_PER_ERA = 10
/** Thousands of requests are made for each line of the log that matters here. */
const SETTINGS = { KONTOR_LOG__ACCESS: 'false' } as const
/** From the first request to the kill, in milliseconds. */
const KILL_AFTER_MS = { min: 20, max: 600 } as const

/** What a run has shown. */
export interface KillReport {
  /** What must not be, in words, each with the round that found it and was the last; empty when all is well. */
  readonly problems: readonly string[]
  readonly kills: number
  /** Kills that hit requests which were under way. */
  readonly interruptingKills: number
  /** How many requests were under way at the kills, by kind. */
  readonly interruptions: ReadonlyMap<string, number>
  /** Of the changes that were under way: those that had happened all the same, and those that had not. */
  readonly done: number
  readonly undone: number
  /** Paths of `/v2` that were changed and read back. */
  readonly paths: number
  /** Milliseconds until the server listened, at the slowest restart. */
  readonly slowestStartMs: number
}

/**
 * Kills a working server again and again, each time on the data that the kill before has left, and looks whether
 * everything that was acknowledged is there and nothing else.
 */
export async function runKillLoop(options: KillLoopOptions): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-crash-'))
  try {
    return await runRounds(dataDir, options)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** How often to kill, and what to draw the work and the moments from. */
export interface KillLoopOptions {
  readonly rounds: number
  readonly seed: number
}

async function runRounds(dataDir: string, { rounds, seed }: KillLoopOptions): Promise<KillReport> {
  const random = createSeededRandom(seed)
  const oracle = createOracle()
  const writers = createWriters(random, oracle)
  const tally = createTally()
  const wholeBlobs = new Set<string>()
  let era: Era = { name: '', repositories: [], authorizations: [] }
  let server = await startKontor({ dataDir, env: SETTINGS })

  async function compare(round: number, prefix: string): Promise<void> {
    const client = createPushClient({ url: server.url, authorization: basicAuthorization(server) })
    const paths = oracle.paths().filter((path) => path.startsWith(prefix))
    const { contents, problems } = await readBack(client, paths)
    const settlement = oracle.settle(contents)
    tally.settled(settlement)
    tally.note(round, [...problems, ...settlement.problems])
    for (const writer of writers) tally.note(round, await writer.resume(client))
    client.close()
  }

  try {
    for (let round = 1; round <= rounds; round++) {
      if ((round - 1) % ROUNDS_PER_ERA === 0) era = await beginEra(server, `era-of-round-${round}`)
      tally.killed(await workUntilKilled(server, { random, writers, era }))
      tally.note(round, [...findLogProblems(server), ...(await findDataFolderProblems(dataDir, wholeBlobs))])

      const startedAt = performance.now()
      server = await startKontor({ dataDir, env: SETTINGS })
      tally.started(performance.now() - startedAt)
      await compare(round, `/v2/${era.name}/`)
      if (tally.hasProblems()) return tally.report(oracle)
    }
    await compare(rounds, '/v2/')
    await server.stop()
    tally.note(rounds, [...findLogProblems(server), ...(await findDataFolderProblems(dataDir))])
    return tally.report(oracle)
  } finally {
    await server.kill()
  }
}

/** Some rounds, and what they work with. */
interface Era {
  /** The namespace of its repositories. */
  readonly name: string
  readonly repositories: readonly string[]
  /** Of clients that send a password, and of those that send a token, from before the first kill of the era. */
  readonly authorizations: readonly string[]
}

async function beginEra(server: Kontor, name: string): Promise<Era> {
  const repositories = ['one', 'two', 'three'].map((repository) => `${name}/${repository}`)
  const token = await fetchBearerAuthorization(server, repositories)
  return { name, repositories, authorizations: [basicAuthorization(server), token] }
}

function createWriters(random: SeededRandom, oracle: Oracle): Writer[] {
  const sharedBlobs = Array.from({ length: SHARED_BLOBS }, () => random.bytes(random.int(1024, 512 * 1024)))
  return Array.from({ length: WRITERS }, (_, index) =>
    createWriter({
      name: `writer${index + 1}`,
      random: random.fork(),
      oracle,
      sharedBlobs,
    }),
  )
}

/** Lets all writers work at once, kills the server under their hands, and returns what that interrupted. */
async function workUntilKilled(
  server: Kontor,
  parts: { readonly random: SeededRandom; readonly writers: readonly Writer[]; readonly era: Era },
): Promise<readonly ConnectionLost[]> {
  const { random, writers, era } = parts
  const { authorizations, repositories } = era
  const clients = writers.map((writer, index) => {
    const authorization = authorizations[index % authorizations.length] ?? ''
    return { writer, client: createPushClient({ url: server.url, authorization }) }
  })
  // The first look at a password is slow on purpose; done before, it does not take up the time until the kill.
  for (const { client } of clients) await client.expect(200, { method: 'GET', path: '/v2/' })
  let isKilled = false
  const work = clients.map(async ({ writer, client }) => {
    const lost = await writer.work(client, repositories)
    if (!isKilled) throw new Error(`the server dropped a request: ${lost.message}\n${server.output()}`)
    return lost
  })
  // What goes wrong before the kill ends the run at once.
  await Promise.race([setTimeout(random.int(KILL_AFTER_MS.min, KILL_AFTER_MS.max)), ...work])
  isKilled = true
  await server.kill()
  const lost = await Promise.all(work)
  for (const { client } of clients) client.close()
  return lost
}

/** A healthy server writes nothing of level warn or above, and nothing that is no event, but that it was built first. */
function findLogProblems(server: Kontor): string[] {
  return server
    .output()
    .split('\n')
    .filter((line) => !/^\{"level":"(?:debug|info)"|^kontor: building /.test(line))
    .map((line) => `the log says: ${line}`)
}

function createTally() {
  const problems: string[] = []
  const interruptions = new Map<string, number>()
  let kills = 0
  let interruptingKills = 0
  let done = 0
  let undone = 0
  let slowestStartMs = 0
  return {
    hasProblems: () => problems.length > 0,
    note(round: number, found: readonly string[]): void {
      problems.push(...found.map((problem) => `round ${round}: ${problem}`))
    },
    killed(lost: readonly ConnectionLost[]): void {
      const hit = lost.filter(({ wasUnderWay }) => wasUnderWay)
      kills += 1
      if (hit.length > 0) interruptingKills += 1
      for (const { request } of hit) {
        const kind = kindOf(request)
        interruptions.set(kind, (interruptions.get(kind) ?? 0) + 1)
      }
    },
    started(milliseconds: number): void {
      slowestStartMs = Math.max(slowestStartMs, milliseconds)
    },
    settled(settlement: Settlement): void {
      done += settlement.done
      undone += settlement.undone
    },
    report(oracle: Oracle): KillReport {
      const paths = oracle.paths().length
      return { problems, kills, interruptingKills, interruptions, done, undone, paths, slowestStartMs }
    },
  }
}

/** `PATCH upload`, `PUT manifest` …, and by its query what a POST is about. */
function kindOf({ method, path }: ConnectionLost['request']): string {
  if (!path.includes('/blobs/uploads/')) return `${method} ${path.includes('/manifests/') ? 'manifest' : 'blob'}`
  if (method !== 'POST') return `${method} upload`
  if (path.includes('?mount=')) return 'POST mount'
  return path.includes('?digest=') ? 'POST blob' : 'POST upload'
}
