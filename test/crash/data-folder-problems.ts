import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

/**
 * Looks at a data folder that no server is using: every file among the blobs is a whole one under the name of its
 * digest (what is unfinished lies elsewhere), and the database is sound.
 * @returns what is wrong, in words; empty when all is well.
 */
export async function findDataFolderProblems(dataDir: string): Promise<string[]> {
  return [...(await findBlobProblems(join(dataDir, 'blobs', 'blobs'))), ...findDatabaseProblems(dataDir)]
}

async function findBlobProblems(folder: string): Promise<string[]> {
  const problems: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    const [algorithm = '', shard = ''] = relative(folder, path).split('/')
    // Whole blobs are a few megabytes here.
    const actual = createHash(algorithm.startsWith('sha') ? algorithm : 'sha256')
      .update(await readFile(path))
      .digest('hex')
    if (actual !== basename(path) || !actual.startsWith(shard)) problems.push(`${path} holds the bytes of ${actual}`)
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
