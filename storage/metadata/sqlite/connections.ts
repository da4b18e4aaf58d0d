import SqliteDatabase, { type Database } from 'better-sqlite3'
import { covers } from '../../../oci/repository-pattern.ts'
import { tagSortKey } from '../../../oci/tag-order.ts'
import { migrate, requireNewest } from './migrate.ts'

/** Page cache of the main connection, in KiB (the pragma wants it negative). */
const CACHE_KIB = 16 * 1024

/**
 * Opens, and where needed creates and migrates, the database in a file. There is one connection for everything that the
 * main thread does: what another one commits would make it forget all pages that it has in memory.
 * @throws Error when it is of a newer version or cannot be opened.
 */
export function openMainConnection(path: string): Database {
  const db = openOrExplain(path)
  db.pragma(`cache_size = -${CACHE_KIB}`)
  try {
    migrate(db)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/**
 * Opens a database that a server is using, for another process that writes a word now and then.
 * @throws Error when it is not of the version of this program.
 */
export function openBesideServer(path: string): Database {
  const db = openOrExplain(path)
  try {
    requireNewest(db)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

function openOrExplain(path: string): Database {
  try {
    return open(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `the database ${path} cannot be opened (${reason}); see that this user may read and write it, or restore it from a backup`,
      { cause },
    )
  }
}

/**
 * Opens another connection to a database that is in use, which can only read: for another thread.
 * @throws Error when the database cannot be opened.
 */
export function openForReading(path: string): Database {
  const db = new SqliteDatabase(path, { readonly: true, fileMustExist: true })
  db.pragma(`cache_size = -${CACHE_KIB}`)
  defineFunctions(db)
  return db
}

function open(path: string): Database {
  const db = new SqliteDatabase(path)
  db.pragma('journal_mode = WAL')
  // What nobody thinks about survives a power cut once it is committed; transaction.ts knows what need not, or not so soon.
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  defineFunctions(db)
  return db
}

/** What a pattern means is said once, for statements too. */
function defineFunctions(db: Database): void {
  db.function('covers', { deterministic: true }, (pattern: string, name: string) => Number(covers(pattern, name)))
  db.function('tag_sort_key', { deterministic: true }, tagSortKey)
}
