import { createHash } from 'node:crypto'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { MIGRATIONS } from '../../migrations/migrations.ts'
import { formatDigest } from '../../oci/digest.ts'
import { MEDIA_TYPES } from '../../oci/media-types.ts'
import { covers } from '../../oci/repository-pattern.ts'
import { tagSortKey } from '../../oci/tag-order.ts'
import { migrate } from '../../storage/metadata/sqlite/migrate.ts'

/** A repository of the database that everybody may pull from, and tags in it. */
export const OLD_REPOSITORY = 'acme/app-1'

/** Rows that no migration is to lose or change: the columns that were there from the first version on. */
const KEPT = [
  'SELECT id || name || kind FROM account WHERE id <= 2 ORDER BY id',
  'SELECT id || name || visibility || created_at FROM repository ORDER BY id',
  'SELECT id || digest || pushed_at || hex(bytes) FROM manifest ORDER BY id',
  "SELECT id || name || manifest_id || started_at || coalesce(ended_at, '') FROM tag ORDER BY id",
  'SELECT hex(token_hash) || account_id || created_at FROM refresh_token ORDER BY token_hash',
  "SELECT id || object || at FROM audit_event WHERE action = 'repository.created' ORDER BY id",
] as const

/** The versions that a database of today was of before, the newest first. */
export const OLDER_VERSIONS: readonly number[] = MIGRATIONS.map(({ version }) => version)
  .slice(0, -1)
  .reverse()
export const NEWEST_VERSION = MIGRATIONS.at(-1)?.version ?? 0

/**
 * Makes a database as an older Kontor left it: filled at the first version, and migrated from there.
 * @param size how many tags; of everything else there is in proportion.
 */
export function createOlderDatabase(path: string, version: number, size: number): void {
  const db = open(path)
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = OFF')
    migrate(db, MIGRATIONS.slice(0, 1))
    fill(db, size)
    migrate(db, MIGRATIONS.slice(0, version))
  } finally {
    db.close()
  }
}

/** What a database is, as far as a migration can harm it. */
export interface DatabaseState {
  readonly version: number
  /** Of the tables and indexes, of which each version has its own. */
  readonly schema: string
  /** Of everything that was there from the beginning. */
  readonly content: string
  /** In words; empty when all is well. */
  readonly problems: readonly string[]
}

export function readDatabaseState(path: string): DatabaseState {
  const db = open(path)
  try {
    const integrity = db.pragma('integrity_check', { simple: true })
    const orphans = db.pragma('foreign_key_check')
    return {
      version: db.prepare<[], number>('SELECT max(version) FROM migration').pluck().get() ?? 0,
      schema: digestOfRows(db, ['SELECT name || sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name']),
      content: digestOfRows(db, KEPT),
      problems: [
        ...(integrity === 'ok' ? [] : [`the database is damaged: ${integrity}`]),
        ...(Array.isArray(orphans) && orphans.length === 0 ? [] : ['the database has orphans']),
      ],
    }
  } finally {
    db.close()
  }
}

function open(path: string): Database {
  const db = new SqliteDatabase(path)
  // Migrations use what the server's own connections know.
  db.function('covers', { deterministic: true }, (pattern: string, name: string) => Number(covers(pattern, name)))
  db.function('tag_sort_key', { deterministic: true }, tagSortKey)
  return db
}

function digestOfRows(db: Database, queries: readonly string[]): string {
  const hash = createHash('sha256')
  for (const query of queries) {
    for (const row of db.prepare<[], string>(query).pluck().iterate()) hash.update(`${row}\n`)
  }
  return hash.digest('hex')
}

function fill(db: Database, size: number): void {
  db.function('manifest_digest', { deterministic: true }, (text: string) =>
    formatDigest('sha256', createHash('sha256').update(text).digest('hex')),
  )
  const count = (fraction: number) => Math.max(1, Math.floor(size * fraction))
  const numbers = (last: number) =>
    `WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${last})`
  const repositories = count(0.01)
  const manifests = count(0.2)
  const bytes = `'{"schemaVersion":2,"mediaType":"${MEDIA_TYPES.ociManifest}","annotations":{"number":"' || n || '"}}'`
  db.exec(`
    BEGIN;
    INSERT INTO account (id, kind, name, role, password_hash, created_at) VALUES (1, 'user', 'admin', 'admin', '-', 1);
    INSERT INTO account (id, kind, name, created_at) VALUES (2, 'organization', 'acme', 2);
    ${numbers(repositories)} INSERT INTO repository (id, account_id, name, visibility, created_at, pushed_at)
      SELECT n, 2, 'acme/app-' || n, 'public', n, n FROM number;
    ${numbers(manifests)} INSERT INTO manifest (id, repository_id, digest, media_type, pushed_at, bytes)
      SELECT n, 1 + n % ${repositories}, manifest_digest(${bytes}), '${MEDIA_TYPES.ociManifest}', n, CAST(${bytes} AS BLOB)
      FROM number;
    ${numbers(size)} INSERT INTO tag (repository_id, name, manifest_id, started_at, started_by, ended_at)
      SELECT 1 + n % ${repositories}, '1.' || n, 1 + (n - 1) % ${manifests}, n, 'admin', iif(n % 7 = 0, n, NULL)
      FROM number;
    ${numbers(count(0.5))} INSERT INTO refresh_token
      SELECT CAST(manifest_digest('token ' || n) AS BLOB), 1, 1, n FROM number;
    ${numbers(count(0.5))} INSERT INTO audit_event
        (at, action, object, account_id, account_name, credential, address, request_id, detail)
      SELECT n, 'repository.created', 'acme/app-' || n, 1, 'admin', 'password', '', 'request-' || n, '{}' FROM number;
    COMMIT;`)
}
