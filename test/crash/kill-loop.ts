import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { findDataFolderProblems } from './data-folder-problems.ts'
import { createKillTally, type KillReport } from './kill-tally.ts'
import { findLeftovers } from './leftovers.ts'
import { findLogProblems } from './log-problems.ts'
import { createOracle, type Oracle } from './oracle.ts'
import {
  basicAuthorization,
  type ConnectionLost,
  createPushClient,
  fetchBearerAuthorization,
  type PushClient,
} from './push-client.ts'
import { readBack } from './read-back.ts'
import { findSearchProblems } from './search-problems.ts'
import { createSeededRandom, type SeededRandom } from './seeded-random.ts'
import { createWriter, type Writer } from './writer.ts'

const WRITERS = 8
const SHARED_BLOBS = 12
/** Rounds that work in the same repositories. All of these are read back after each kill, so they must not grow for ever. */
const ROUNDS_PER_ERA = 8
/** Thousands of requests are made for each line of the log that matters here. */
const SETTINGS = { KONTOR_LOG__ACCESS: 'false' } as const
/**
 * When to kill: so many requests are answered, and then some milliseconds more, to hit the middle of one. A number of
 * requests means as much work on a busy machine as on an idle one.
 */
const KILL_AFTER = { requests: { min: 5, max: 80 }, ms: { min: 0, max: 30 } } as const

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
  const tally = createKillTally()
  const wholeBlobs = new Set<string>()
  let era: Era = { name: '', repositories: [], authorizations: [] }
  let server = await startKontor({ dataDir, env: SETTINGS })

  async function compare(round: number, prefix: string): Promise<void> {
    const client = createPushClient({ url: server.url, authorization: basicAuthorization(server) })
    const paths = oracle.paths().filter((path) => path.startsWith(prefix))
    const { contents, problems } = await readBack(client, paths)
    tally.note(round, await findSearchProblems(client, era.name))
    const settlement = oracle.settle(contents)
    tally.settled(settlement)
    tally.note(round, [...problems, ...settlement.problems])
    for (const writer of writers) tally.note(round, await writer.resume(client))
    client.close()
  }

  try {
    for (let round = 1; round <= rounds; round++) {
      if ((round - 1) % ROUNDS_PER_ERA === 0) era = await beginEra(server, `era${round}`)
      tally.killed(await workUntilKilled(server, { random, writers, era }))
      tally.note(round, findLogProblems(server))

      const startedAt = performance.now()
      server = await startKontor({ dataDir, env: SETTINGS })
      tally.started(performance.now() - startedAt)
      // While the server runs: had others opened the database before it, they would have mended it.
      tally.note(round, await findDataFolderProblems(dataDir, wholeBlobs))
      await compare(round, `/v2/${era.name}/`)
      if (tally.hasProblems()) return tally.report(oracle.paths().length)
    }
    await compare(rounds, '/v2/')
    await server.stop()
    tally.note(rounds, [...findLogProblems(server), ...(await findLeftovers(dataDir))])
    tally.note(rounds, await findDataFolderProblems(dataDir))
    return tally.report(oracle.paths().length)
  } finally {
    await server.kill()
  }
}

/** Some rounds, and what they work with. */
interface Era {
  /** The namespace of its repositories. */
  readonly name: string
  /** Those that all writers work in. */
  readonly repositories: readonly string[]
  /** Of clients that send a password, and of those that send a token, from before the first kill of the era. */
  readonly authorizations: readonly string[]
}

async function beginEra(server: Kontor, name: string): Promise<Era> {
  const repositories = ['one', 'two', 'three'].map((repository) => `${name}/${repository}`)
  const own = Array.from({ length: WRITERS }, (_, index) => ownRepository(name, index))
  const token = await fetchBearerAuthorization(server, [...repositories, ...own])
  return { name, repositories, authorizations: [basicAuthorization(server), token] }
}

function ownRepository(era: string, writerIndex: number): string {
  return `${era}/own-${writerIndex + 1}`
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
  const { name, authorizations, repositories } = era
  const hub = createPushClient({ url: server.url, authorization: basicAuthorization(server) })
  const clients = writers.map((writer, index) => {
    const authorization = authorizations[index % authorizations.length] ?? ''
    const places = { shared: repositories, own: ownRepository(name, index) }
    return { writer, places, wire: createPushClient({ url: server.url, authorization }) }
  })
  // The first look at a password and the first at the API are slow; done before, they do not take up the time until the
  // kill.
  for (const { wire } of clients) await wire.expect(200, { method: 'GET', path: '/v2/' })
  await hub.expect(200, { method: 'GET', path: '/api/v1/repositories' })
  const { min, max } = KILL_AFTER.requests
  const milestone = createMilestone(random.int(min, max))
  let isKilled = false
  const work = clients.map(async ({ writer, places, wire }) => {
    const lost = await writer.work({ wire: milestone.count(wire), hub: milestone.count(hub) }, places)
    if (!isKilled) throw new Error(`the server dropped a request: ${lost.message}\n${server.output()}`)
    return lost
  })
  // What goes wrong before the kill ends the run at once.
  await Promise.race([milestone.reached, ...work])
  await Promise.race([setTimeout(random.int(KILL_AFTER.ms.min, KILL_AFTER.ms.max)), ...work])
  isKilled = true
  await server.kill()
  const lost = await Promise.all(work)
  for (const client of [hub, ...clients.map(({ wire }) => wire)]) client.close()
  return lost
}

/** Tells when clients have had so many answers. */
function createMilestone(requests: number) {
  let left = requests
  let reach: () => void
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  function answered<T>(answer: T): T {
    left -= 1
    if (left === 0) reach()
    return answer
  }
  return {
    reached,
    count: (client: PushClient): PushClient => ({
      ...client,
      send: async (request) => answered(await client.send(request)),
      expect: async (status, request) => answered(await client.expect(status, request)),
    }),
  }
}
