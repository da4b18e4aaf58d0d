import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { MANIFEST_TYPE } from '../load/registry-client.ts'
import type { Installed } from '../servers/bench-server.ts'
import { writePastTheServer } from './kontor-database.ts'

export const MILLION_MANIFESTS = 1_000_000
const MANIFESTS_OF_A_REPOSITORY = 1_000
const LAYERS = 3
const REPOSITORIES_AT_ONCE = 25

/**
 * A data folder of Kontor's with a million manifests, each with a tag and what it refers to.
 * @returns the folder, which is the caller's to remove.
 */
export async function createMillionManifests(kontor: Installed): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'kontor-bench-million-'))
  const server = await kontor.start(dataDir)
  await server.stop()
  const prepare = (db: Database) => {
    db.pragma('cache_size = -262144')
    const insertAccount = db.prepare(
      "INSERT INTO account (kind, name, base_permission, created_at) VALUES ('organization', ?, 'pull', 1)",
    )
    const insertRepository = db.prepare(`
      INSERT INTO repository (account_id, name, visibility, created_at, pushed_at) VALUES (?, ?, 'private', 1, 1)`)
    // In the order of the digests, which spares the index most of its work and leaves the same index behind.
    const insertManifests = db.prepare(`
      WITH RECURSIVE made (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM made WHERE number < @count)
      INSERT INTO manifest (repository_id, digest, media_type, pushed_at, bytes)
      SELECT @repositoryId, 'sha256:' || printf('%08x', number) || lower(hex(randomblob(28))), @mediaType, 1, @bytes
      FROM made`)
    const insertReferences = db.prepare(`
      INSERT INTO manifest_reference (manifest_id, repository_id, kind, digest)
      SELECT manifest.id, @repositoryId, iif(layer.value = 0, 'config', 'layer'),
        'sha256:' || printf('%08x%08x', manifest.id, layer.value) || lower(hex(randomblob(24)))
      FROM manifest JOIN json_each(@layers) AS layer WHERE manifest.repository_id = @repositoryId`)
    const insertTags = db.prepare(`
      INSERT INTO tag (repository_id, name, manifest_id, started_at, started_by, sort_key)
      SELECT @repositoryId, 'v' || id, id, 1, 'bench', '5' || printf('%08d', id) FROM manifest
      WHERE repository_id = @repositoryId`)
    const insertDescriptions = db.prepare(`
      INSERT INTO manifest_description (manifest_id, kind, platforms, labels)
      SELECT id, 'image', '["linux/amd64"]', '{}' FROM manifest WHERE repository_id = @repositoryId`)
    const accountId = insertAccount.run('million').lastInsertRowid
    const layers = JSON.stringify(Array.from({ length: LAYERS + 1 }, (_, index) => index))
    // Nobody reads them: starting does not, and that is what this is for.
    const bytes = Buffer.alloc(900, '{"schemaVersion":2}')
    return (index: number) => {
      const repositoryId = insertRepository.run(accountId, `million/repository-${index}`).lastInsertRowid
      insertManifests.run({ repositoryId, count: MANIFESTS_OF_A_REPOSITORY, mediaType: MANIFEST_TYPE, bytes })
      insertReferences.run({ repositoryId, layers })
      insertTags.run({ repositoryId })
      insertDescriptions.run({ repositoryId })
    }
  }
  writePastTheServer({ dataDir }, MILLION_MANIFESTS / MANIFESTS_OF_A_REPOSITORY, prepare, REPOSITORIES_AT_ONCE)
  return dataDir
}
