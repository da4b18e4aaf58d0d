import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startKontor } from '../../support/kontor.ts'
import { blobPath, digestOf, manifestPath, type PushedBlob, type PushedManifest } from '../content.ts'
import { findDataFolderProblems } from '../data-folder-problems.ts'
import { findLogProblems } from '../log-problems.ts'
import { basicAuthorization, createPushClient, type PushClient } from '../push-client.ts'
import { readBack } from '../read-back.ts'
import { createSeededRandom, newSeed } from '../seeded-random.ts'
import { createRace, type Race } from './race.ts'

/** How often each race is run; more often in `npm run test:crash`. */
const RACES = Number(process.env['CRASH_RACES'] ?? 6)
const SEED = Number(process.env['CRASH_SEED'] ?? newSeed())

/** A server of its own for some races, and two clients. */
export interface RaceServer {
  readonly one: PushClient
  readonly other: PushClient
  /**
   * Runs a race again and again, each time in a repository of its own.
   * @param allowed the outcomes that there may be.
   * @param run gives the outcome, in a word or two, and looks whether all is as it should be after it.
   */
  repeat(allowed: readonly string[], run: (repository: string, race: Race) => Promise<string>): Promise<void>
  /** A blob that is like no other, and is not pushed. */
  newBlob(repository: string): NewBlob
  /** A blob that is like no other, and is there. */
  pushNewBlob(repository: string): Promise<NewBlob>
  pushManifest(client: PushClient, manifest: PushedManifest, reference: string): Promise<number>
  /** The status of a request without a body. */
  statusOf(client: PushClient, method: 'GET' | 'POST' | 'DELETE', path: string): Promise<number>
  /** Reads paths back; fails when something does not fit together. @returns which of them are there. */
  findThere(paths: readonly string[]): Promise<ReadonlySet<string>>
  close(): Promise<void>
}

export interface NewBlob extends PushedBlob {
  readonly bytes: Buffer
}

export async function openRaceServer(): Promise<RaceServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-races-'))
  const server = await startKontor({ dataDir, env: { KONTOR_LOG__ACCESS: 'false' } })
  const authorization = basicAuthorization(server)
  const [one, other] = [0, 1].map(() => createPushClient({ url: server.url, authorization }))
  if (one === undefined || other === undefined) throw new Error('there are two clients')
  const random = createSeededRandom(SEED)
  for (const client of [one, other]) await client.expect(200, { method: 'GET', path: '/v2/' })
  let races = 0

  function newBlob(repository: string): NewBlob {
    const bytes = random.bytes(random.int(1, 200) * 1024)
    return { repository, bytes, digest: digestOf(bytes), size: bytes.byteLength }
  }

  return {
    one,
    other,
    newBlob,
    async repeat(allowed, run) {
      const outcomes = new Map<string, number>()
      const race = createRace(random)
      for (let number = 1; number <= RACES; number++) {
        races += 1
        const outcome = await run(`race/run-${races}`, race)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        expect(allowed, `race ${number} of seed ${SEED}`).toContain(outcome)
      }
      expect(findLogProblems(server)).toEqual([])
      expect(await findDataFolderProblems(dataDir)).toEqual([])
      const counts = [...outcomes].map(([outcome, count]) => `${count} × ${outcome}`)
      console.log(`${RACES} races: ${counts.join(', ')}; seed ${SEED}`)
    },
    async pushNewBlob(repository) {
      const blob = newBlob(repository)
      const path = `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`
      await one.expect(201, { method: 'POST', path, body: blob.bytes })
      return blob
    },
    async pushManifest(client, { repository, bytes, mediaType }, reference) {
      const path = manifestPath(repository, reference)
      const headers = { 'Content-Type': mediaType }
      return (await client.send({ method: 'PUT', path, body: bytes, headers })).status
    },
    async statusOf(client, method, path) {
      return (await client.send({ method, path })).status
    },
    async findThere(paths) {
      const { contents, problems } = await readBack(one, paths)
      expect(problems).toEqual([])
      return new Set(paths.filter((path) => contents.get(path) !== undefined))
    },
    async close() {
      one.close()
      other.close()
      await server.kill()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Every path under which a manifest and what it refers to can be pulled. */
export function pathsOf(manifest: PushedManifest, ...tags: readonly string[]): string[] {
  const { repository, digest, references } = manifest
  return [...references, ...[digest, ...tags].map((reference) => manifestPath(repository, reference))]
}

export function pathOf({ repository, digest }: PushedBlob): string {
  return blobPath(repository, digest)
}
