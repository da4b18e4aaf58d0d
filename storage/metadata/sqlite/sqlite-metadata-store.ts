import type { MetadataStore } from '../metadata-store.ts'
import { createAccessTokens } from './access-tokens.ts'
import { createAccounts } from './accounts.ts'
import { createAuditLog } from './audit-events.ts'
import { createBlobLinks } from './blob-links.ts'
import { createChangeMark } from './change-mark.ts'
import { openMainConnection } from './connections.ts'
import { createContentUsage } from './content-usage.ts'
import { createDamage } from './damage.ts'
import { createGrants } from './grants.ts'
import { createInvitations } from './invitations.ts'
import { createLastUses } from './last-uses.ts'
import { createManifests } from './manifests.ts'
import { createMembers } from './members.ts'
import { createPulls } from './pulls.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { createRepositories } from './repositories.ts'
import { createRepositoryIndexer } from './repository-indexer.ts'
import { createRights } from './rights.ts'
import { createRobots } from './robots.ts'
import { createScrubs } from './scrubs.ts'
import { createSearchIndex } from './search-index.ts'
import { createSigningKeys } from './signing-keys.ts'
import { createStars } from './stars.ts'
import { createStoredContent } from './stored-content.ts'
import { createTags } from './tags.ts'
import { createTeams } from './teams.ts'
import { createUploadSessions } from './upload-sessions.ts'
import { openWriteAheadLog } from './write-ahead-log.ts'

/**
 * The embedded database: everything in one SQLite file.
 * @throws Error when the database is of a newer version or cannot be opened.
 */
export function openSqliteMetadataStore(options: {
  readonly path: string
  readonly now: () => number
  /** Milliseconds for which a name that was given up is held. */
  readonly holdNamesForMs: number
}): MetadataStore {
  const { path, now, holdNamesForMs } = options
  const db = openMainConnection(path)
  const log = openWriteAheadLog(db)
  const context = { db, log, now, holdNamesForMs, indexer: createRepositoryIndexer({ db, now }) }
  const ping = db.prepare('SELECT 1')
  return {
    repositories: createRepositories(context),
    manifests: createManifests(context),
    tags: createTags(context),
    blobLinks: createBlobLinks(context),
    contentUsage: createContentUsage(context),
    stars: createStars(context),
    pulls: createPulls(context),
    storedContent: createStoredContent(context),
    damage: createDamage(context),
    scrubs: createScrubs(context),
    uploadSessions: createUploadSessions(context),
    searchIndex: createSearchIndex(context),
    accounts: createAccounts(context),
    members: createMembers(context),
    teams: createTeams(context),
    grants: createGrants(context),
    rights: createRights(context),
    robots: createRobots(context),
    invitations: createInvitations(context),
    accessTokens: createAccessTokens(context),
    signingKeys: createSigningKeys(context),
    refreshTokens: createRefreshTokens(context),
    lastUses: createLastUses(context),
    auditLog: createAuditLog(context),
    readChangeMark: createChangeMark(context),
    async ping() {
      ping.get()
    },
    async close() {
      await log.close()
      db.close()
    },
  }
}
