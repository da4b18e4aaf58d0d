import { copyFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { digestOf, manifestPath } from './content.ts'
import {
  createOlderDatabase,
  NEWEST_VERSION,
  OLD_REPOSITORY,
  OLDER_VERSIONS,
  readDatabaseState,
} from './older-database.ts'
import { createSeededRandom, newSeed } from './seeded-random.ts'
import { type ServerProcess, spawnServer } from './server-process.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Kills for each older version; `npm run test:crash` asks for more. */
const KILLS = Number(process.env['CRASH_MIGRATION_KILLS'] ?? 3)
const IS_LONG = KILLS > 3
const SEED = Number(process.env['CRASH_SEED'] ?? newSeed())
/** Tags in the database: its migrations take longer than everything else at a start. */
const SIZE = IS_LONG ? 40_000 : 10_000
/** The oldest goes through all the migrations there are. */
const VERSIONS = IS_LONG ? OLDER_VERSIONS : OLDER_VERSIONS.slice(-1)

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-migration-'))
  return () => rm(folder, { recursive: true, force: true })
})

describe.each(VERSIONS)('a server that is killed while it migrates a database of version %i', (version) => {
  test('leaves a whole version, and the next start goes on from there', async () => {
    const random = createSeededRandom(SEED)
    const again = `repeat with CRASH_SEED=${SEED} CRASH_MIGRATION_KILLS=${KILLS}`
    const old = join(folder, 'old.db')
    createOlderDatabase(old, version, SIZE)
    const { content } = readDatabaseState(old)
    const schemas = await schemasFrom(version)

    let dataDir = await startingFrom(old, 'unhurried')
    const migrationMs = await migrateWhole(dataDir)
    expect(readDatabaseState(databaseIn(dataDir)), again).toEqual({
      version: NEWEST_VERSION,
      schema: schemas.get(NEWEST_VERSION),
      content,
      problems: [],
    })

    let inside = 0
    dataDir = await startingFrom(old, 'killed-0')
    for (let kill = 1; kill <= KILLS; kill++) {
      await killWhileStarting(dataDir, random.int(0, Math.ceil(0.6 * migrationMs)))
      const left = readDatabaseState(await copyOf(dataDir))
      expect(left, again).toEqual({ version: left.version, schema: schemas.get(left.version), content, problems: [] })
      expect(left.version).toBeGreaterThanOrEqual(version)
      if (left.version < NEWEST_VERSION) inside += 1
      else dataDir = await startingFrom(old, `killed-${kill}`)
    }
    await migrateWhole(dataDir)
    expect(readDatabaseState(databaseIn(dataDir)), again).toMatchObject({
      version: NEWEST_VERSION,
      content,
      problems: [],
    })
    console.log(
      `version ${version}: ${inside} of ${KILLS} kills within ${migrationMs.toFixed(0)} ms of migrating; ${again}`,
    )
    // Kills that all came too late would prove nothing; a step that takes a millisecond is hardly ever hit.
    if (IS_LONG && version === OLDER_VERSIONS.at(-1)) expect(inside, again).toBeGreaterThan(0)
  })
})

function databaseIn(dataDir: string): string {
  return join(dataDir, 'kontor.db')
}

/** A new data folder with a copy of a database. */
async function startingFrom(old: string, name: string): Promise<string> {
  const dataDir = join(folder, name)
  await mkdir(dataDir)
  await copyFile(old, databaseIn(dataDir))
  return dataDir
}

/** A copy of what a killed server has left: looking at the original would mend it before the next server can. */
async function copyOf(dataDir: string): Promise<string> {
  const copy = join(folder, 'copy.db')
  await rm(`${copy}-wal`, { force: true })
  await rm(`${copy}-shm`, { force: true })
  await copyFile(databaseIn(dataDir), copy)
  if (await exists(`${databaseIn(dataDir)}-wal`)) await copyFile(`${databaseIn(dataDir)}-wal`, `${copy}-wal`)
  return copy
}

/** The schema of each version from one on, as an undisturbed migration of an empty database makes it. */
async function schemasFrom(first: number): Promise<ReadonlyMap<number, string>> {
  const schemas = new Map<number, string>()
  for (let version = first; version <= NEWEST_VERSION; version++) {
    const path = join(folder, `empty-${version}.db`)
    createOlderDatabase(path, version, 1)
    schemas.set(version, readDatabaseState(path).schema)
  }
  return schemas
}

/** Lets a server migrate, looks whether it serves what was there, and stops it. @returns milliseconds it took. */
async function migrateWhole(dataDir: string): Promise<number> {
  const server = spawnServer({ dataDir })
  try {
    await lockTaken(server, dataDir)
    const startedAt = performance.now()
    const url = await server.listening
    const migrationMs = performance.now() - startedAt
    const path = manifestPath(OLD_REPOSITORY, `1.${SIZE / 100}`)
    const answer = await fetch(`${url}${path}`, { headers: { authorization: await anonymousToken(url) } })
    expect(answer.status).toBe(200)
    expect(digestOf(Buffer.from(await answer.arrayBuffer()))).toBe(answer.headers.get('docker-content-digest'))
    server.signal('SIGTERM')
    expect(await server.ended, server.output()).toBe(0)
    return migrationMs
  } finally {
    server.signal('SIGKILL')
    await server.ended
  }
}

async function killWhileStarting(dataDir: string, afterMs: number): Promise<void> {
  const server = spawnServer({ dataDir })
  await lockTaken(server, dataDir)
  await setTimeout(afterMs)
  server.signal('SIGKILL')
  await server.ended
}

async function anonymousToken(url: string): Promise<string> {
  const query = new URLSearchParams({ service: new URL(url).host, scope: `repository:${OLD_REPOSITORY}:pull` })
  const answer: { readonly token?: unknown } = JSON.parse(await (await fetch(`${url}/token?${query}`)).text())
  return `Bearer ${answer.token}`
}

/** Waits until a server has the data folder: the next thing it does is to open the database and to migrate it. */
async function lockTaken(server: ServerProcess, dataDir: string): Promise<void> {
  let end: unknown
  void server.ended.then((ended) => {
    end = ended
  })
  while ((await readFile(join(dataDir, 'server.pid'), 'utf8').catch(() => '')) !== `${server.pid}\n`) {
    if (end !== undefined) throw new Error(`the server ended (${end}):\n${server.output()}`)
    await setTimeout(1)
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
