import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Migration } from '../../migrations/migration.ts'
import { MIGRATIONS } from '../../migrations/migrations.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import type { AccountId, GrantId, TeamId } from '../../storage/metadata/identities.ts'
import { migrate } from '../../storage/metadata/sqlite/migrate.ts'
import { openSqliteMetadataStore } from '../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { readTrail } from './metadata/audit-log.ts'
import { createUser, digestOf, getRepository, idOf, LATEST, ORIGIN, put } from './metadata/sample-content.ts'
import { HOLD_NAMES_FOR_MS } from './metadata/store-under-test.ts'

describe('the migrations of SQLite', () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kontor-migrations-'))
    path = join(folder, 'kontor.db')
  })

  afterEach(() => rm(folder, { recursive: true }))

  const open = () => openSqliteMetadataStore({ path, now: Date.now, holdNamesForMs: HOLD_NAMES_FOR_MS })

  /** Does something to the database past the store. */
  function withDatabase<T>(work: (db: Database) => T): T {
    const db = new SqliteDatabase(path)
    try {
      return work(db)
    } finally {
      db.close()
    }
  }

  function versionsOf(db: Database): readonly unknown[] {
    return db.prepare('SELECT version FROM migration ORDER BY version').pluck().all()
  }

  /** The tables and indexes there are, and how they were made. */
  function schemaOf(db: Database): readonly unknown[] {
    return db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all()
  }

  const first: Migration = { version: 1, name: 'first', sqlite: 'CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT' }
  const second: Migration = {
    version: 2,
    name: 'second',
    sqlite: 'CREATE TABLE two (id INTEGER PRIMARY KEY) STRICT; INSERT INTO one VALUES (2)',
  }
  const failing: Migration = {
    version: 3,
    name: 'failing',
    sqlite:
      'CREATE TABLE three (id INTEGER PRIMARY KEY) STRICT; INSERT INTO one VALUES (3); SELECT * FROM no_such_table',
  }

  it('are numbered from one, without a gap, in order', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1))
    expect(new Set(MIGRATIONS.map(({ name }) => name)).size).toBe(MIGRATIONS.length)
  })

  it('make a new database of the newest version', async () => {
    const store = open()
    await store.close()
    expect(withDatabase(versionsOf)).toEqual(MIGRATIONS.map(({ version }) => version))
  })

  it('leave a database alone that has them already', async () => {
    const store = open()
    await put(store, 'image', { tags: [LATEST] })
    await store.close()
    const before = withDatabase(schemaOf)
    const again = open()
    expect(await again.manifests.resolve(await idOf(again), { kind: 'tag', tag: LATEST })).toBeDefined()
    await again.close()
    expect(withDatabase(schemaOf)).toEqual(before)
    expect(withDatabase(versionsOf)).toEqual(MIGRATIONS.map(({ version }) => version))
  })

  it('bring what was kept at version 1 along, the tokens that docker holds included', async () => {
    const tokenHash = createHash('sha256').update('kept by docker').digest()
    withDatabase((db) => {
      migrate(db, MIGRATIONS.slice(0, 1))
      db.exec(`
        INSERT INTO account (id, kind, name, email, role, password_hash, credentials_version, created_at) VALUES
          (3, 'user', 'alice', 'alice@example.org', 'admin', 'hash', 7, 1000);
        INSERT INTO account (id, kind, name, created_at) VALUES (4, 'organization', 'acme', 1001);
        INSERT INTO repository (id, account_id, name, visibility, created_at, pushed_at) VALUES
          (5, 4, 'acme/app', 'public', 1002, 1003);
        INSERT INTO manifest (id, repository_id, digest, media_type, pushed_at, bytes) VALUES
          (6, 5, '${digestOf('image')}', '${MEDIA_TYPES.ociManifest}', 1003, x'0000');
        INSERT INTO tag (repository_id, name, manifest_id, started_at, started_by) VALUES
          (5, '1.10', 6, 1003, 'alice'), (5, 'latest', 6, 1003, 'alice'), (5, '1.9', 6, 1003, 'alice');
        INSERT INTO audit_event (at, action, object, account_id, account_name, credential, address, request_id, detail)
          VALUES (1004, 'repository.created', 'acme/app', 3, 'alice', 'password', '', 'request-1', '{}');`)
      db.prepare('INSERT INTO refresh_token VALUES (?, 3, 7, 1005)').run(tokenHash)
    })
    const store = open()
    expect(withDatabase(versionsOf)).toEqual(MIGRATIONS.map(({ version }) => version))
    expect(withDatabase((db) => db.pragma('foreign_key_check'))).toEqual([])
    const common = { basePermission: 'pull', defaultVisibility: 'private', disabledAt: undefined, version: 1 } as const
    expect(await store.accounts.findByName('alice')).toEqual({
      id: 3,
      kind: 'user',
      name: 'alice',
      displayName: undefined,
      email: 'alice@example.org',
      role: 'admin',
      passwordHash: 'hash',
      credentialsVersion: 7,
      createdAt: 1000,
      ...common,
    })
    expect(await store.accounts.findByName('acme')).toMatchObject({ id: 4, kind: 'organization', ...common })
    expect(await getRepository(store)).toEqual({
      id: 5,
      ownerId: 4,
      name: 'acme/app',
      visibility: 'public',
      createdAt: 1002,
      pushedAt: 1003,
      version: 1,
      state: 'active',
      successor: undefined,
      description: '',
      stars: 0,
      pulls: 0,
      recentPulls: 0,
      lastPulledAt: undefined,
    })
    const page = { order: 'version', after: undefined, limit: 9 } as const
    const { items } = await store.tags.listDetails(await idOf(store), page)
    expect(items.map(({ tag }) => tag)).toEqual(['latest', '1.10', '1.9'])
    expect(items[0]).toMatchObject({ digest: digestOf('image'), storedBytes: 2, pushedAt: 1003, pushedBy: 'alice' })
    const token = { accountId: 3, credentialsVersion: 7, createdAt: 1005, createdFrom: '', lastUsedAt: undefined }
    expect(await store.refreshTokens.findByHash(tokenHash)).toMatchObject(token)
    const [event] = await readTrail(store)
    expect(event).toMatchObject({ at: 1004, object: 'acme/app', ownerId: undefined, outcome: 'done' })

    // The table was made anew: a token still goes with its account.
    await createUser(store, 'root', 'admin')
    expect(await store.accounts.delete(3 as AccountId, ORIGIN)).toEqual({ kind: 'deleted' })
    expect(await store.refreshTokens.findByHash(tokenHash)).toBeUndefined()
    await store.close()
  })

  it('find at once what was public at version 3, and what was private when a job has written it anew', async () => {
    withDatabase((db) => {
      db.function('tag_sort_key', (name: string) => name)
      migrate(db, MIGRATIONS.slice(0, 3))
      db.exec(`
        INSERT INTO account (id, kind, name, created_at) VALUES (5, 'user', 'alice', 1);
        INSERT INTO repository (id, account_id, name, visibility, created_at, pushed_at, description) VALUES
          (7, 5, 'alice/zeppelin', 'public', 1, 2, 'flies'), (8, 5, 'alice/balloon', 'private', 1, 2, 'flies, too');
        INSERT INTO search_document (id, repository_id, visibility, fingerprint, images, vocabulary) VALUES
          (7, 7, 'public', x'00', '{"kinds":["image"],"platforms":[],"labels":{}}', 'zeppelin flies'),
          (8, 8, 'private', x'00', '{"kinds":["image"],"platforms":[],"labels":{}}', 'balloon flies');
        INSERT INTO public_text (rowid, tokens) VALUES (7, 'zeppelin flies');
        INSERT INTO private_text (rowid, tokens) VALUES (8, 'balloon flies @o5')`)
    })
    const store = open()
    const find = async (word: string) => {
      const candidates = await store.searchIndex.candidatesFor({ kind: 'everything' })
      const terms = [{ words: [word], prefix: undefined, ownerIds: [] }]
      const match = { how: 'words', terms, key: undefined } as const
      const found = await candidates.list({ match, filters: {}, before: undefined, limit: 9 })
      return found.map(({ repository }) => [repository.name, repository.description])
    }
    expect(await find('zeppelin')).toEqual([['alice/zeppelin', 'flies']])
    while ((await store.searchIndex.continueBuild(10)) !== undefined);
    expect(await find('balloon')).toEqual([['alice/balloon', 'flies, too']])
    expect(await find('flies')).toHaveLength(2)
    await store.close()
  })

  it('let what there was at version 7 of members, teams and grants be changed on condition', async () => {
    withDatabase((db) => {
      db.function('tag_sort_key', (name: string) => name)
      migrate(db, MIGRATIONS.slice(0, 7))
      db.exec(`
        INSERT INTO account (id, kind, name, created_at) VALUES (3, 'user', 'bob', 1), (4, 'organization', 'acme', 1);
        INSERT INTO organization_member (organization_id, user_id, role, joined_at) VALUES (4, 3, 'member', 2);
        INSERT INTO team (id, organization_id, name, created_at) VALUES (5, 4, 'web', 3);
        INSERT INTO access_grant (id, organization_id, team_id, pattern, prefix, permission, created_at)
          VALUES (6, 4, 5, 'web-*', 'web-', 'push', 4)`)
    })
    const store = open()
    const [acme, bob] = [4 as AccountId, 3 as AccountId]
    const member = await store.members.find(acme, bob)
    const team = await store.teams.find(acme, 'web')
    const grant = await store.grants.find(acme, 6 as GrantId)
    expect(member).toMatchObject({ role: 'member', joinedAt: 2, version: 1 })
    expect(team).toMatchObject({ id: 5, createdAt: 3, version: 1 })
    expect(grant).toMatchObject({ pattern: 'web-*', permission: 'push', createdAt: 4, version: 1 })
    for (const kinds of [['set', 'renamed', 'set'], Array(3).fill('stale')]) {
      const results = [
        await store.members.set(acme, bob, 'manager', ORIGIN, undefined, 1),
        await store.teams.rename(5 as TeamId, 'frontend', ORIGIN, 1),
        await store.grants.setPermission(acme, 6 as GrantId, 'pull', ORIGIN, 1),
      ]
      expect(results.map(({ kind }) => kind)).toEqual(kinds)
    }
    await store.close()
  })

  it('are done from where the database stands', () => {
    withDatabase((db) => {
      migrate(db, [first])
      migrate(db, [first, second])
      expect(versionsOf(db)).toEqual([1, 2])
      expect(db.prepare('SELECT id FROM one').pluck().all()).toEqual([2])
      migrate(db, [first, second])
      expect(db.prepare('SELECT id FROM one').pluck().all()).toEqual([2])
    })
  })

  it('that fail leave the database at the version before, whole', () => {
    withDatabase((db) => {
      migrate(db, [first])
      expect(() => migrate(db, [first, second, failing])).toThrow(/no_such_table/)
      expect(versionsOf(db)).toEqual([1, 2])
      expect(db.prepare('SELECT id FROM one').pluck().all()).toEqual([2])
      expect(() => db.prepare('SELECT * FROM three')).toThrow(/no such table/)
      migrate(db, [first, second])
      expect(versionsOf(db)).toEqual([1, 2])
    })
  })

  it('refuse the database of a newer Kontor, saying what to do, and do not touch it', async () => {
    await open().close()
    const newer = MIGRATIONS.length + 7
    withDatabase((db) => db.prepare("INSERT INTO migration VALUES (?, 'of the future', 1)").run(newer))
    const before = withDatabase(schemaOf)
    expect(open).toThrow(
      `the database ${path} is of version ${newer}, but this Kontor knows versions up to ${MIGRATIONS.length}`,
    )
    expect(open).toThrow(/Start that one, or restore a backup/)
    expect(withDatabase(schemaOf)).toEqual(before)
    // The file is free again: whoever restores a backup over it must be able to.
    withDatabase((db) => db.exec('BEGIN EXCLUSIVE; ROLLBACK'))
  })

  it('refuse a file that is no database, and leave it as it is', async () => {
    const notes = 'not a database, but somebody’s notes\n'.repeat(100)
    await writeFile(path, notes)
    expect(open).toThrow(/not a database/)
    expect(await readFile(path, 'utf8')).toBe(notes)
  })
})
