import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLargeCatalogue } from '../../../bench/support/large-catalogue.ts'
import { createLargeOrganization, MEMBERS } from '../../../bench/support/large-organization.ts'
import { openSqliteMetadataStore } from '../../../storage/metadata/sqlite/sqlite-metadata-store.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-generators-'))
  path = join(folder, 'kontor.db')
  await openSqliteMetadataStore({ path, now: Date.now, holdNamesForMs: 0 }).close()
})
afterEach(() => rm(folder, { recursive: true }))

/** Fills a new database past its stores, as the benches do, and counts the rows of a table. */
function fill(work: (db: SqliteDatabase.Database) => unknown, table: string): number | undefined {
  const db = new SqliteDatabase(path)
  work(db)
  const count = db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()
  expect(db.pragma('foreign_key_check')).toEqual([])
  db.close()
  return count
}

describe('what the benches measure in a database of the newest version', () => {
  test('is a large organization', () => {
    expect(fill((db) => createLargeOrganization(db, 5), 'organization_member')).toBe(MEMBERS + 2)
  })

  test('is a large catalogue', () => {
    const repositories = fill(
      (db) => createLargeCatalogue(db, { repositories: 1000, callerId: 1, now: Date.now() }),
      'repository',
    )
    expect(repositories).toBeGreaterThan(900)
  })
})
