import type { AccessTokenStore } from './access-tokens.ts'
import type { AccountStore } from './accounts.ts'
import type { AuditLog } from './audit-events.ts'
import type { BlobLinkStore } from './blob-links.ts'
import type { ContentUsageStore } from './content-usage.ts'
import type { DamageStore } from './damage.ts'
import type { GrantStore } from './grants.ts'
import type { InvitationStore } from './invitations.ts'
import type { LastUseStore } from './last-uses.ts'
import type { ManifestStore } from './manifests.ts'
import type { MemberStore } from './members.ts'
import type { PullStore } from './pulls.ts'
import type { RefreshTokenStore } from './refresh-tokens.ts'
import type { RepositoryStore } from './repositories.ts'
import type { RightsStore } from './rights.ts'
import type { RobotStore } from './robots.ts'
import type { ScrubStore } from './scrubs.ts'
import type { SearchIndex } from './search-index.ts'
import type { SigningKeyStore } from './signing-keys.ts'
import type { StarStore } from './stars.ts'
import type { StoredContent } from './stored-content.ts'
import type { TagStore } from './tags.ts'
import type { TeamStore } from './teams.ts'
import type { UploadSessionStore } from './upload-sessions.ts'

/**
 * Everything that is not a blob, one small store per subject. A method is one transaction: what it says has happened
 * is durable when it resolves, and nothing of it is there when it rejects. Methods that change something take an
 * {@link import('./audit-events.ts').Origin} and leave an audit event in the same transaction.
 */
export interface MetadataStore {
  readonly repositories: RepositoryStore
  readonly manifests: ManifestStore
  readonly tags: TagStore
  readonly blobLinks: BlobLinkStore
  readonly contentUsage: ContentUsageStore
  readonly pulls: PullStore
  readonly stars: StarStore
  readonly searchIndex: SearchIndex
  readonly storedContent: StoredContent
  readonly damage: DamageStore
  readonly scrubs: ScrubStore
  readonly uploadSessions: UploadSessionStore
  readonly accounts: AccountStore
  readonly members: MemberStore
  readonly teams: TeamStore
  readonly grants: GrantStore
  readonly rights: RightsStore
  readonly robots: RobotStore
  readonly invitations: InvitationStore
  readonly accessTokens: AccessTokenStore
  readonly signingKeys: SigningKeyStore
  readonly refreshTokens: RefreshTokenStore
  readonly lastUses: LastUseStore
  readonly auditLog: AuditLog
  /**
   * A number that is another one after anything has changed, by whomever, another process as well; it may be another one
   * without a change. Whoever keeps what was read asks here whether it still holds, see recollection.ts.
   */
  readChangeMark(): number
  /** Resolves when the database answers; rejects when it does not. */
  ping(): Promise<void>
  close(): Promise<void>
}
