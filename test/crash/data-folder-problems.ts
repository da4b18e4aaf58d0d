import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

/**
 * Looks at a data folder that no server is using: every file among the blobs is a whole one under the name of its
 * digest (what is unfinished lies elsewhere), and the database is sound.
 * @param isKnown paths of blobs that need not be read again; those that were found whole are added.
 * @returns what is wrong, in words; empty when all is well.
 */
export async function findDataFolderProblems(dataDir: string, isKnown = new Set<string>()): Promise<string[]> {
  return [...(await findBlobProblems(join(dataDir, 'blobs', 'blobs'), isKnown)), ...findDatabaseProblems(dataDir)]
}

async function findBlobProblems(folder: string, isKnown: Set<string>): Promise<string[]> {
  const problems: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory() || isKnown.has(path)) continue
    // Whole, because the largest of these tests are a few megabytes.
    const hex = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    if (relative(folder, path) === join('sha256', hex.slice(0, 2), hex)) isKnown.add(path)
    else problems.push(`${path} is not a blob: it holds the bytes of ${hex}`)
  }
  return problems
}

function findDatabaseProblems(dataDir: string): string[] {
  const db = new SqliteDatabase(join(dataDir, 'kontor.db'), { readonly: true })
  try {
    const integrity = db.pragma('integrity_check', { simple: true })
    const orphans = db.pragma('foreign_key_check')
    return [
      ...(integrity === 'ok' ? [] : [`the database is damaged: ${integrity}`]),
      ...(Array.isArray(orphans) && orphans.length === 0
        ? []
        : [`the database has orphans: ${JSON.stringify(orphans)}`]),
    ]
  } finally {
    db.close()
  }
}
