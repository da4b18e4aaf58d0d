import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import supertest from 'supertest'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { configSchema } from '../../config/schema.ts'
import { composeServer } from '../../server/compose.ts'
import {
  ADMIN,
  basic,
  type Client,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  pushImage,
  putManifest,
} from '../support/server.ts'
import { storedState } from './access-matrix/stored-state.ts'

/** A registry that can be stopped and started again on what it kept. */
interface Restartable {
  readonly dataDir: string
  /** Requests as the administrator. */
  client(): Client
  anonymous(): Client
  restart(): Promise<void>
}

let registry: Restartable

async function openRestartable(): Promise<Restartable> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-pulls-'))
  const config = configSchema.parse({ dataDir, http: { port: 0 }, admin: ADMIN, log: { level: 'silent' } })
  const start = async () => {
    const server = await composeServer(config)
    return { server, url: (await server.listen()).url }
  }
  let running = await start()
  onTestFinished(async () => {
    await running.server.close()
    await rm(dataDir, { recursive: true })
  })
  return {
    dataDir,
    anonymous: () => supertest.agent(running.url),
    client: () => supertest.agent(running.url).set('Authorization', basic(ADMIN.username, ADMIN.password)),
    async restart() {
      await running.server.close()
      running = await start()
    },
  }
}

beforeEach(async () => {
  registry = await openRestartable()
})

/** An index of two platforms with a tag; its digest and that of one child. */
async function pushTwoPlatforms(): Promise<{ index: string; child: string }> {
  const client = registry.client()
  const children = [
    await pushImage(client, 'acme/app', { content: 'for amd64' }),
    await pushImage(client, 'acme/app', { content: 'for arm64' }),
  ]
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: children.map(({ manifest, digest }, position) => {
      const platform = { os: 'linux', architecture: position === 0 ? 'amd64' : 'arm64' }
      return { mediaType: OCI_MANIFEST, digest, size: manifest.length, platform }
    }),
  })
  await putManifest(client, 'acme/app', 'v1', index, OCI_INDEX).expect(201)
  return { index: digestOf(index), child: children[0]?.digest ?? '' }
}

const manifest = (reference: string) => `/v2/acme/app/manifests/${reference}`

/** What is known once the registry has been stopped and started: stopping writes what was gathered. */
async function countsAfterRestart() {
  await registry.restart()
  const { body: repository } = await registry.client().get('/api/v1/repositories/acme%2Fapp').expect(200)
  const { body: tags } = await registry.client().get('/api/v1/repositories/acme%2Fapp/tags').expect(200)
  const ofTags = tags.items.map(({ name, pulls }: { name: string; pulls: number }) => [name, pulls])
  return { repository: repository.pulls, lastPulledAt: repository.lastPulledAt, tags: Object.fromEntries(ofTags) }
}

describe('one pull counts once, as each client does it:', () => {
  test('docker gets the tag, then what is for its platform by digest', async () => {
    const { child } = await pushTwoPlatforms()
    const docker = registry.client()
    await docker.get(manifest('v1')).expect(200)
    await docker.get(manifest(child)).expect(200)
    const counts = await countsAfterRestart()
    expect(counts).toEqual({ repository: 1, lastPulledAt: expect.any(String), tags: { v1: 1 } })
    expect(Math.abs(Date.parse(counts.lastPulledAt) - Date.now())).toBeLessThan(60_000)
  })

  test('containerd asks for the tag’s digest, then gets the index and what is for its platform by digest', async () => {
    const { index, child } = await pushTwoPlatforms()
    const containerd = registry.client()
    await containerd.head(manifest('v1')).expect(200)
    await containerd.get(manifest(index)).expect(200)
    await containerd.get(manifest(child)).expect(200)
    expect(await countsAfterRestart()).toMatchObject({ repository: 1, tags: { v1: 1 } })
  })

  test('an image of one platform by tag, or by a digest that tags point to', async () => {
    const client = registry.client()
    const { digest } = await pushImage(client, 'acme/app', { tag: '1.0' })
    await client.put('/api/v1/repositories/acme%2Fapp/tags/latest').send({ digest }).expect(201)
    await client.get(manifest('1.0')).expect(200)
    await client.get(manifest(digest)).expect(200)
    await client.get(manifest(digest)).expect(200)
    expect(await countsAfterRestart()).toMatchObject({ repository: 3, tags: { '1.0': 3, latest: 2 } })
  })
})

test('what sends no manifest is no pull: asking, finding it unchanged, finding nothing, being refused', async () => {
  const client = registry.client()
  const { digest, layer } = await pushImage(client, 'acme/app', { tag: 'v1' })
  await client.head(manifest('v1')).expect(200)
  await client.get(manifest('v1')).set('If-None-Match', `"${digest}"`).expect(304)
  await client.get(manifest('v2')).expect(404)
  await client.get(`/v2/acme/app/blobs/${layer}`).expect(200)
  await client.get('/v2/acme/app/tags/list').expect(200)
  await registry.anonymous().get(manifest('v1')).expect(401)
  await client.get('/api/v1/repositories/acme%2Fapp/export?ref=v1').expect(200)
  expect(await countsAfterRestart()).toEqual({ repository: 0, lastPulledAt: null, tags: { v1: 0 } })
})

test('I3: a pull writes nothing; what was gathered is written when the registry stops', async () => {
  const { index, child } = await pushTwoPlatforms()
  const readCounts = () => {
    const db = new SqliteDatabase(join(registry.dataDir, 'kontor.db'), { readonly: true })
    try {
      return {
        repositories: db.prepare('SELECT pulls, recent_pulls, last_pulled_at FROM repository').all(),
        tags: db.prepare('SELECT name, pulls FROM tag_pull').all(),
      }
    } finally {
      db.close()
    }
  }
  const before = [storedState(registry.dataDir), readCounts()]
  const client = registry.client()
  for (const reference of ['v1', index, child]) await client.get(manifest(reference)).expect(200)
  expect([storedState(registry.dataDir), readCounts()]).toEqual(before)
  await registry.restart()
  const lastPulledAt = expect.any(Number)
  expect(readCounts()).toEqual({
    repositories: [{ pulls: 2, recent_pulls: expect.closeTo(2), last_pulled_at: lastPulledAt }],
    tags: [{ name: 'v1', pulls: 2 }],
  })
})

test('counts add up over restarts', async () => {
  await pushImage(registry.client(), 'acme/app', { tag: 'v1' })
  for (let run = 1; run <= 3; run++) {
    await registry.client().get(manifest('v1')).expect(200)
    expect(await countsAfterRestart()).toMatchObject({ repository: run, tags: { v1: run } })
  }
})
