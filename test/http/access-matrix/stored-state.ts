import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

/** Every row of every table, and every file of the blob store: what a read must leave as it is (M4). */
export function storedState(dataDir: string): unknown {
  const db = new SqliteDatabase(databaseIn(dataDir), { readonly: true })
  try {
    const tables = db
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
    return {
      rows: Object.fromEntries(tables.map(({ name }) => [name, db.prepare(rowsOf(name)).all()])),
      files: readdirSync(join(dataDir, 'blobs'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => {
          const path = join(entry.parentPath, entry.name)
          return [path, statSync(path).size]
        })
        .sort(),
    }
  } finally {
    db.close()
  }
}

/**
 * Without what jobs write behind the requests' back: refusals, pulls, when a secret was used last, and in which pieces the
 * search index lies (what is in it stays to be seen by its `docsize`, a row for each document).
 */
function rowsOf(table: string): string {
  if (table === 'audit_event') return "SELECT * FROM audit_event WHERE outcome = 'done'"
  if (/_text_(data|idx)$/.test(table)) return 'SELECT 1 WHERE false'
  if (table === 'tag_pull') return 'SELECT repository_id FROM tag_pull WHERE false'
  const lasting: Readonly<Record<string, string>> = {
    repository:
      'id, account_id, name, visibility, created_at, pushed_at, version, state, successor, stars, description',
    access_token: 'id, name, token_hash, expires_at',
    robot_secret: 'id, robot_id, secret_hash',
    refresh_token: 'id, account_id, token_hash',
  }
  return `SELECT ${lasting[table] ?? '*'} FROM "${table}"`
}

function databaseIn(dataDir: string): string {
  const file = readdirSync(dataDir).find((name) => name.endsWith('.db') || name.endsWith('.sqlite'))
  if (file === undefined) throw new Error(`there is no database in ${dataDir}`)
  return join(dataDir, file)
}
