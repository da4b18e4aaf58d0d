import SqliteDatabase, { type Database } from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import { tagSortKey } from '../../oci/tag-order.ts'
import { TAG_ORDERS, type TagListRequest } from '../../storage/metadata/tags.ts'
import { openSqliteUnderTest } from './metadata/open-sqlite.ts'
import { slowdown } from './metadata/page-costs.ts'
import { digestOf, idOf, link, put, tags } from './metadata/sample-content.ts'

/** Writes to the database of a store, past it. */
function writePast(path: string, write: (db: Database) => void): void {
  const db = new SqliteDatabase(path)
  db.function('tag_sort_key', { deterministic: true }, tagSortKey)
  db.pragma('synchronous = OFF')
  write(db)
  db.close()
}

/** A store with so many tags of one repository, each of another image of three layers, one of which all share. */
async function openWithTags(count: number) {
  const underTest = await openSqliteUnderTest()
  const { store, path } = underTest
  await put(store, 'the first', { tags: tags('main') })
  await link(store, 'shared by all')
  const id = await idOf(store)
  const numbers = `WITH RECURSIVE number (n, text) AS (
    VALUES (0, '000000') UNION ALL SELECT n + 1, printf('%06d', n + 1) FROM number WHERE n + 1 < ${count})`
  const insertBlobs = (layer: string) => `
    ${numbers} INSERT INTO blob (digest, size, created_at) SELECT 'sha256:${layer}-' || text, 10, 1 FROM number;`
  const insertReferences = (kind: string, digest: string) => `
    INSERT INTO manifest_reference (manifest_id, repository_id, kind, digest)
      SELECT id, ${id}, '${kind}', ${digest} FROM manifest WHERE digest LIKE 'sha256:image-%';`
  writePast(path, (db) => {
    db.exec(`BEGIN;
      ${insertBlobs('config')} ${insertBlobs('first')} ${insertBlobs('second')}
      INSERT INTO repository_blob (repository_id, blob_id, linked_at)
        SELECT ${id}, id, 1 FROM blob WHERE digest LIKE 'sha256:%-______';
      ${numbers} INSERT INTO manifest (repository_id, digest, media_type, pushed_at, bytes)
        SELECT ${id}, 'sha256:image-' || text, '${MEDIA_TYPES.ociManifest}', 1, x'00' FROM number;
      ${insertReferences('config', "replace(digest, 'image', 'config')")}
      ${insertReferences('layer', "replace(digest, 'image', 'first')")}
      ${insertReferences('layer', "replace(digest, 'image', 'second')")}
      ${insertReferences('layer', `'${digestOf('shared by all')}'`)}
      INSERT INTO tag (repository_id, name, manifest_id, started_at, started_by, sort_key)
        SELECT ${id}, name, id, 1, 'bob', tag_sort_key(name) FROM (
          SELECT id, replace(digest, 'sha256:image-', '1.') AS name FROM manifest WHERE digest LIKE 'sha256:image-%');
      COMMIT;`)
  })
  const read = (request: Partial<TagListRequest>) => () =>
    store.tags.listDetails(id, { order: 'name', after: undefined, limit: 100, ...request })
  return { underTest, read }
}

describe('a page of 100 tags, with what they point to, costs the same for 500 and for 50,000 of them', () => {
  let small: Awaited<ReturnType<typeof openWithTags>>
  let large: Awaited<ReturnType<typeof openWithTags>>

  beforeAll(async () => {
    small = await openWithTags(500)
    large = await openWithTags(50_000)
  })

  afterAll(async () => {
    await small.underTest.close()
    await large.underTest.close()
  })

  test.each(TAG_ORDERS)('in the order %s', async (order) => {
    const last = order === 'pushed' ? '25000' : '1.025000'
    expect((await large.read({ order, after: last })()).items).toHaveLength(100)
    const ratio = await slowdown([small.read({ order }), large.read({ order }), large.read({ order, after: last })])
    expect(ratio).toBeLessThan(10)
  })

  test('of those that begin with something, at the beginning and at the end', async () => {
    const ratio = await slowdown([
      small.read({ prefix: '1.0001' }),
      large.read({ prefix: '1.0001' }),
      large.read({ prefix: '1.0499' }),
    ])
    expect(ratio).toBeLessThan(10)
  })

  test('and adds up what each needs', async () => {
    const { items } = await large.read({ limit: 1 })()
    expect(items).toMatchObject([
      { tag: '1.000000', storedBytes: 1 + 3 * 10 + 'shared by all'.length, pushedBy: 'bob' },
    ])
  })
})

test('what was pushed before manifests were described is guessed, and nothing fails for it', async () => {
  const underTest = await openSqliteUnderTest()
  onTestFinished(() => underTest.close())
  const { store, path } = underTest
  const image = { artifactType: 'application/vnd.oci.image.config.v1+json' }
  await put(store, 'image', { tags: tags('image'), ...image })
  await put(store, 'index', { tags: tags('index'), mediaType: MEDIA_TYPES.ociIndex })
  await put(store, 'chart', { tags: tags('chart'), artifactType: 'application/vnd.example.chart' })
  await put(store, 'unknown', { tags: tags('unknown') })
  writePast(path, (db) => db.exec('DELETE FROM manifest_description'))
  const { items } = await store.tags.listDetails(await idOf(store), { order: 'name', after: undefined, limit: 9 })
  expect(items.map(({ tag, kind, platforms }) => [tag, kind, platforms])).toEqual([
    ['chart', 'artifact', []],
    ['image', 'image', []],
    ['index', 'image', []],
    ['unknown', 'artifact', []],
  ])
})
