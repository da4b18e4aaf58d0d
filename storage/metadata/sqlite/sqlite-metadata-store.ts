import type { MetadataStore } from '../metadata-store.ts'
import { createAccounts } from './accounts.ts'
import { createAuditLog } from './audit-events.ts'
import { createBlobLinks } from './blob-links.ts'
import { openConnections } from './connections.ts'
import { createManifests } from './manifests.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { createRepositories } from './repositories.ts'
import { createSigningKeys } from './signing-keys.ts'
import { createTags } from './tags.ts'
import { createUploadSessions } from './upload-sessions.ts'

/**
 * The embedded database: everything in one SQLite file.
 * @throws Error when the database is of a newer version or cannot be opened.
 */
export function openSqliteMetadataStore(options: { readonly path: string; readonly now: () => number }): MetadataStore {
  const { durable, relaxed, close } = openConnections(options.path)
  const context = { db: durable, now: options.now }
  const ping = durable.prepare('SELECT 1')
  return {
    repositories: createRepositories(context),
    manifests: createManifests(context),
    tags: createTags(context),
    blobLinks: createBlobLinks(context),
    uploadSessions: createUploadSessions({ db: relaxed }),
    accounts: createAccounts(context),
    signingKeys: createSigningKeys(context),
    refreshTokens: createRefreshTokens(context),
    auditLog: createAuditLog(context),
    async ping() {
      ping.get()
    },
    async close() {
      close()
    },
  }
}
