import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseRepositoryName } from '../../oci/repository-name.ts'
import type { Viewer } from '../../storage/metadata/repositories.ts'
import { openSqliteMetadataStore } from '../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { openSqliteSearchStores } from '../../storage/metadata/sqlite/sqlite-search-stores.ts'
import { idOf, LATEST, ORIGIN, put } from './metadata/sample-content.ts'
import { HOLD_NAMES_FOR_MS } from './metadata/store-under-test.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-search-'))
  path = join(folder, 'kontor.db')
})

afterEach(() => rm(folder, { recursive: true }))

const open = () => openSqliteMetadataStore({ path, now: Date.now, holdNamesForMs: HOLD_NAMES_FOR_MS })

it('looks for a word in one piece, and nothing among what was deleted, once the index was built anew and put together', async () => {
  const store = open()
  for (let index = 0; index < 30; index++) {
    const repository = parseRepositoryName(`acme/app-${index}`)
    await put(store, `image ${index}`, { repository, tags: [LATEST] })
    if (index % 2 === 0)
      await store.repositories.update(await idOf(store, repository), { visibility: 'public' }, ORIGIN)
  }
  const countInEach = (sql: (table: string) => string) => {
    const db = new SqliteDatabase(path, { readonly: true })
    const counts = ['public_text', 'private_text'].map((table) => db.prepare(sql(table)).pluck().get())
    db.close()
    return counts
  }
  // FTS5 numbers the pages of deleted rows of a segment from here on (fts5_index.c, FTS5_TOMBSTONE_ROWID).
  const countDeleted = () => countInEach((table) => `SELECT count(*) FROM ${table}_data WHERE id >> 37 >= 65536`)
  expect(countDeleted()).not.toEqual([0, 0])
  await store.searchIndex.startBuild()
  while ((await store.searchIndex.continueBuild(7)) !== undefined);
  while (await store.searchIndex.tidy());
  expect(countDeleted()).toEqual([0, 0])
  expect(countInEach((table) => `SELECT count(DISTINCT segid) FROM ${table}_idx`)).toEqual([1, 1])
  await store.close()
})

it('reads on another connection what was written on the first, as soon as it was', async () => {
  const store = open()
  const reader = openSqliteSearchStores({ path, now: Date.now })
  const find = (viewer: Viewer) =>
    reader.readAtOnce(async () => {
      const candidates = await reader.searchIndex.candidatesFor(viewer)
      return (await candidates.list({ match: { how: 'any' }, filters: {}, before: undefined, limit: 9 })).length
    })
  const counts = async () => [await find({ kind: 'everything' }), await find({ kind: 'anonymous' })]
  expect(await counts()).toEqual([0, 0])
  for (let round = 1; round <= 3; round++) {
    const repository = parseRepositoryName(`acme/app-${round}`)
    await put(store, `image ${round}`, { repository, tags: [LATEST] })
    expect(await counts()).toEqual([round, 0])
    await store.repositories.update(await idOf(store, repository), { visibility: 'public' }, ORIGIN)
    expect(await counts()).toEqual([round, 1])
    await store.repositories.update(await idOf(store, repository), { visibility: 'private' }, ORIGIN)
    expect(await counts()).toEqual([round, 0])
  }
  await reader.close()
  await store.close()
})
