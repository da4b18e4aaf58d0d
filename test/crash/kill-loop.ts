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

const REPOSITORIES = ['crash/one', 'crash/two', 'crash/three'] as const
const WRITERS = 8
const SHARED_BLOBS = 12
/** Thousands of requests are made for each line of the log that matters here. */
const SETTINGS = { KONTOR_LOG__ACCESS: 'false' } as const
/** From the first request to the kill, in milliseconds. */
const KILL_AFTER_MS = { min: 20, max: 600 } as const

/** What a run has shown. */
export interface KillReport {
  /** What must not be, in words, each with the round that found it and was the last; empty when all is well. */
  readonly problems: readonly string[]
  /** Rounds in which the kill hit requests that were under way. */
  readonly interruptedRounds: number
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
export async function runKillLoop(options: { readonly rounds: number; readonly seed: number }): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-crash-'))
  let server: Kontor | undefined
  try {
    const random = createSeededRandom(options.seed)
    const oracle = createOracle()
    const writers = createWriters(random, oracle)
    const tally = createTally()
    server = await startKontor({ dataDir, env: SETTINGS })
    const authorizations = [
      basicAuthorization(server),
      // Of before the first kill: what a token was signed with is as durable as everything else.
      await fetchBearerAuthorization(server, REPOSITORIES),
    ]
    for (let round = 1; round <= options.rounds && !tally.hasProblems(); round++) {
      const note = (problems: readonly string[]) => tally.note(round, problems)
      tally.count(await workUntilKilled(server, { random, writers, authorizations }))
      note(findLogProblems(server))
      note(await findDataFolderProblems(dataDir))

      const startedAt = performance.now()
      server = await startKontor({ dataDir, env: SETTINGS })
      tally.started(performance.now() - startedAt)
      const client = createPushClient({ url: server.url, authorization: authorizations[1] ?? '' })
      const observation = await readBack(client, oracle.paths())
      note(observation.problems)
      const settlement = oracle.settle(observation.contents)
      note(settlement.problems)
      tally.settled(settlement)
      for (const writer of writers) note(await writer.resume(client))
      client.close()
    }
    await server.stop()
    tally.note(options.rounds, [...findLogProblems(server), ...(await findDataFolderProblems(dataDir))])
    return tally.report(oracle)
  } finally {
    await server?.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
}

function createWriters(random: SeededRandom, oracle: Oracle): Writer[] {
  const sharedBlobs = Array.from({ length: SHARED_BLOBS }, () => random.bytes(random.int(1024, 512 * 1024)))
  return Array.from({ length: WRITERS }, (_, index) =>
    createWriter({
      name: `writer${index + 1}`,
      random: random.fork(),
      oracle,
      repositories: REPOSITORIES,
      sharedBlobs,
    }),
  )
}

/** Lets all writers work at once, kills the server under their hands, and returns what that interrupted. */
async function workUntilKilled(
  server: Kontor,
  parts: {
    readonly random: SeededRandom
    readonly writers: readonly Writer[]
    readonly authorizations: readonly string[]
  },
): Promise<readonly ConnectionLost[]> {
  const { random, writers, authorizations } = parts
  const clients = writers.map((writer, index) => {
    const authorization = authorizations[index % authorizations.length] ?? ''
    return { writer, client: createPushClient({ url: server.url, authorization }) }
  })
  // The first look at a password is slow on purpose; done before, it does not take up the time until the kill.
  for (const { client } of clients) await client.expect(200, { method: 'GET', path: '/v2/' })
  let isKilled = false
  const work = clients.map(async ({ writer, client }) => {
    const lost = await writer.work(client)
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
  let interruptedRounds = 0
  let done = 0
  let undone = 0
  let slowestStartMs = 0
  return {
    hasProblems: () => problems.length > 0,
    note(round: number, found: readonly string[]): void {
      problems.push(...found.map((problem) => `round ${round}: ${problem}`))
    },
    count(lost: readonly ConnectionLost[]): void {
      const hit = lost.filter(({ wasUnderWay }) => wasUnderWay)
      if (hit.length > 0) interruptedRounds += 1
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
      return { problems, interruptedRounds, interruptions, done, undone, paths, slowestStartMs }
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
