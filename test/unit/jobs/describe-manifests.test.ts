import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MIGRATIONS } from '../../../migrations/migrations.ts'
import type { Digest } from '../../../oci/digest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { describeManifests } from '../../../server/jobs/describe-manifests.ts'
import { createDescribeManifest } from '../../../server/registry/describe-manifest.ts'
import { createPullBlob } from '../../../server/registry/pull-blob.ts'
import { createReadSmallBlob } from '../../../server/registry/read-small-blob.ts'
import { createMemoryBlobStore } from '../../../storage/blobs/memory/memory-blob-store.ts'
import { migrate } from '../../../storage/metadata/sqlite/migrate.ts'
import { openSqliteMetadataStore } from '../../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { push } from '../../contract/blob-store-content.ts'
import { digestOf, idOf } from '../../contract/metadata/sample-content.ts'

const CONFIG = JSON.stringify({ os: 'linux', architecture: 'riscv64' })
const IMAGE = JSON.stringify({
  schemaVersion: 2,
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(CONFIG), size: CONFIG.length },
  layers: [],
})

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-describe-'))
  path = join(folder, 'kontor.db')
  // As version 2 left it: before manifests were described.
  const db = new SqliteDatabase(path)
  migrate(db, MIGRATIONS.slice(0, 2))
  db.exec(`
    INSERT INTO account (id, kind, name, created_at) VALUES (1, 'organization', 'acme', 1);
    INSERT INTO repository (id, account_id, name, visibility, created_at, pushed_at)
      VALUES (1, 1, 'acme/app', 'public', 1, 1);`)
  db.prepare('INSERT INTO blob (id, digest, size, created_at) VALUES (1, ?, ?, 1)').run(digestOf(CONFIG), CONFIG.length)
  db.exec('INSERT INTO repository_blob VALUES (1, 1, 1)')
  const insert = db.prepare(`
    INSERT INTO manifest (repository_id, digest, media_type, pushed_at, bytes) VALUES (1, ?, ?, 1, ?)`)
  for (let each = 0; each < 25; each++) {
    const text = `${IMAGE}${' '.repeat(each)}`
    insert.run(digestOf(text), MEDIA_TYPES.ociManifest, Buffer.from(text))
  }
  insert.run(digestOf('what nobody accepts any more'), 'application/x', Buffer.from('what nobody accepts any more'))
  db.exec("INSERT INTO tag (repository_id, name, manifest_id, started_at, started_by) VALUES (1, 'v1', 1, 1, '')")
  db.close()
})

afterEach(() => rm(folder, { recursive: true }))

test('manifests that an older version took are described, and then there is nothing more to do', async () => {
  const store = openSqliteMetadataStore({ path, now: Date.now, holdNamesForMs: 1 })
  const { manifests, blobLinks } = store
  const blobs = createMemoryBlobStore()
  await push(blobs, Buffer.from(CONFIG))
  const pullBlob = createPullBlob({
    blobs,
    blobLinks,
    readChangeMark: store.readChangeMark,
    onDamaged: () => undefined,
  })
  const describeManifest = createDescribeManifest({ readSmallBlob: createReadSmallBlob({ pullBlob }) })
  const summaryOf = async (text: string) => {
    const [summary] = await manifests.listSummaries(await idOf(store), [digestOf(text) as Digest])
    return summary
  }
  expect(await summaryOf(IMAGE)).toMatchObject({ kind: undefined })
  expect(await describeManifests({ manifests, describeManifest })).toBe(26)
  expect(await summaryOf(IMAGE)).toMatchObject({ kind: 'image' })
  expect(await summaryOf('what nobody accepts any more')).toMatchObject({ kind: 'artifact' })
  expect(await describeManifests({ manifests, describeManifest })).toBe(0)
  const candidates = await store.searchIndex.candidatesFor({ kind: 'everything' })
  const filters = { architecture: 'riscv64' }
  const [found] = await candidates.list({ match: { how: 'any' }, filters, before: undefined, limit: 10 })
  expect(found).toMatchObject({ platforms: ['linux/riscv64'] })
  await store.close()
})
