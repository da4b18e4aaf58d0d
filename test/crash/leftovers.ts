import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sweepUploads } from '../../server/jobs/sweep-uploads.ts'
import { openFilesystemBlobStore } from '../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { openSqliteMetadataStore } from '../../storage/metadata/sqlite/sqlite-metadata-store.ts'

/** What a stopped server has in its data folder (storage/data-folder.ts, storage/blobs/filesystem/paths.ts). */
const DATA_FOLDER = ['blobs', 'kontor.db', 'server.lock']
const BLOB_STORE = ['blobs', 'uploads']
const BLOBS = ['sha256', 'sha512']

/**
 * Looks for what crashes have left in the data folder of a server that was stopped, and that the server would never
 * take away: files that are not its own, and uploads that its own sweep does not find when their time has come.
 * @returns what is too much, in words; empty when all is well.
 */
export async function findLeftovers(dataDir: string): Promise<string[]> {
  const root = join(dataDir, 'blobs')
  return [
    ...(await findUnexpected(dataDir, DATA_FOLDER)),
    ...(await findUnexpected(root, BLOB_STORE)),
    ...(await findUnexpected(join(root, 'blobs'), BLOBS)),
    ...(await findUnsweptUploads(dataDir)),
  ]
}

async function findUnexpected(folder: string, expected: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder)
  return entries.filter((name) => !expected.includes(name)).map((name) => `${join(folder, name)} was left behind`)
}

async function findUnsweptUploads(dataDir: string): Promise<string[]> {
  const now = () => Date.now() + 1000
  const blobs = await openFilesystemBlobStore({ root: join(dataDir, 'blobs') })
  const metadata = openSqliteMetadataStore({ path: join(dataDir, 'kontor.db'), now, holdNamesForMs: 0 })
  try {
    const { uploadSessions } = metadata
    await sweepUploads({ blobs, uploadSessions, uploadHolds: { has: () => false }, expireAfterMs: 0, now })
    const files = await readdir(join(dataDir, 'blobs', 'uploads'))
    const { items: sessions } = await uploadSessions.listOlder(now(), { after: undefined, limit: 100 })
    return [
      ...files.map((name) => `the sweep does not take away the upload ${name}`),
      ...sessions.map(({ id }) => `the sweep does not forget the upload session ${id}`),
    ]
  } finally {
    await metadata.close()
  }
}
