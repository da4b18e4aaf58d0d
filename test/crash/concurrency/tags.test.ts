import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { type Kontor, startKontor } from '../../support/kontor.ts'
import { digestOf } from '../content.ts'
import { findLogProblems } from '../log-problems.ts'
import { basicAuthorization, createPushClient } from '../push-client.ts'
import { createSeededRandom, newSeed } from '../seeded-random.ts'
import { findViolation } from './linearizability.ts'
import { createTagClients, type TagClients } from './tag-clients.ts'
import type { TagOperation } from './tag-operation.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Longer in `npm run test:crash`. */
const OPERATIONS = Number(process.env['CRASH_TAG_OPERATIONS'] ?? 800)
const KILLS = Number(process.env['CRASH_TAG_KILLS'] ?? 2)
const OPERATIONS_PER_KILL = 150
const SEED = Number(process.env['CRASH_SEED'] ?? newSeed())
const CLIENTS = 12
const TAGS = ['latest', 'stable', '1.2']
const REPOSITORY = 'acme/tags'
const CONFIG = Buffer.from('{}')
const SETTINGS = { KONTOR_LOG__ACCESS: 'false' } as const

let dataDir: string
let server: Kontor
let clients: TagClients

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kontor-tags-'))
  server = await startKontor({ dataDir, env: SETTINGS })
  const client = createPushClient({ url: server.url, authorization: basicAuthorization(server) })
  const digest = digestOf(CONFIG)
  const path = `/v2/${REPOSITORY}/blobs/uploads/?digest=${digest}`
  await client.expect(201, { method: 'POST', path, body: CONFIG })
  client.close()
  clients = createTagClients({
    repository: REPOSITORY,
    blobs: [{ repository: REPOSITORY, digest, size: CONFIG.byteLength }],
    clients: CLIENTS,
    tags: TAGS,
    random: createSeededRandom(SEED),
  })
  return async () => {
    await server.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('tags are linearizable under many writers and readers', async () => {
  await clients.work(server, { operations: OPERATIONS, kills: false })
  expect(findLogProblems(server)).toEqual([])
  expectLinearizable(clients.histories())
})

test('tags are linearizable over kills of the server', async () => {
  for (let kill = 1; kill <= KILLS; kill++) {
    await clients.work(server, { operations: OPERATIONS_PER_KILL, kills: true })
    expect(findLogProblems(server)).toEqual([])
    server = await startKontor({ dataDir, env: SETTINGS })
  }
  await clients.work(server, { operations: OPERATIONS_PER_KILL, kills: false })
  const lost = [...clients.histories().values()].flat().filter(({ isAnswered }) => !isAnswered)
  // Kills that hit no writer would prove nothing.
  expect(lost.length).toBeGreaterThanOrEqual(KILLS)
  expectLinearizable(clients.histories())
})

function expectLinearizable(histories: ReadonlyMap<string, readonly TagOperation[]>): void {
  const operations = [...histories.values()].flat()
  const races = [...histories.values()].reduce((sum, history) => sum + countRaces(history), 0)
  console.log(`${operations.length} operations, ${races} reads during a change of their tag; seed ${SEED}`)
  for (const [tag, history] of histories) expect(findViolation(history), `${tag}, seed ${SEED}`).toBeUndefined()
  // A history without races would prove nothing.
  expect(races).toBeGreaterThan(0.05 * operations.length)
}

/** Reads that overlap with something that changed the same tag. */
function countRaces(history: readonly TagOperation[]): number {
  const isRead = ({ action }: TagOperation) => action.kind === 'get' || action.kind === 'list'
  const byCall = history.toSorted((one, other) => one.calledAt - other.calledAt)
  let changingUntil = 0
  let races = 0
  for (const operation of byCall) {
    if (!isRead(operation)) changingUntil = Math.max(changingUntil, operation.returnedAt)
    else if (operation.calledAt < changingUntil) races += 1
  }
  return races
}
