import type { MetadataStore } from '../../storage/metadata/metadata-store.ts'
import type { Authenticate } from '../access/authenticate.ts'
import type { LastUses } from '../access/last-uses.ts'
import type { Passwords } from '../access/passwords.ts'
import type { Policy } from '../access/policy.ts'
import { createAcceptInvitation } from '../accounts/accept-invitation.ts'
import { createIssueAccessToken } from '../accounts/issue-access-token.ts'
import { createIssueInvitation } from '../accounts/issue-invitation.ts'
import { createSignUpThrottle } from '../accounts/sign-up-throttle.ts'
import { createExportArchive } from '../archives/export-archive.ts'
import type { ImportArchive } from '../archives/import-archive.ts'
import { createExplainManifest } from '../registry/explain-manifest.ts'
import { createReadSmallBlob } from '../registry/read-small-blob.ts'
import type { Registry } from '../registry/registry.ts'
import type { SearchAnswers } from '../search/search-answers.ts'
import { createAccessTokenRoutes } from './access-tokens.ts'
import type { Hub } from './app.ts'
import { createAuditRoutes } from './audit.ts'
import { createBlobRoutes } from './blobs.ts'
import { createDamageRoutes } from './damage.ts'
import { createDockerSearchPages } from './docker-search.ts'
import { createGrantRoutes } from './grants.ts'
import { createInvitationPage } from './invitation-page.ts'
import { createInvitationRoutes } from './invitations.ts'
import { createManifestRoutes } from './manifests.ts'
import { createMemberRoutes } from './members.ts'
import { createDescribeApi, createOpenApiRoutes } from './openapi.ts'
import { createOrganizationRoutes } from './organizations.ts'
import { createReferencePage } from './reference-page.ts'
import { createRefreshTokenRoutes } from './refresh-tokens.ts'
import { createRepositoryRoutes } from './repositories.ts'
import { createRepositoryAccessRoutes } from './repository-access.ts'
import { createRepositoryExportRoutes } from './repository-export.ts'
import { createRepositoryImportRoutes } from './repository-import.ts'
import { createRepositoryUsageRoutes } from './repository-usage.ts'
import { createRobotRoutes } from './robots.ts'
import { createScrubRoutes } from './scrub.ts'
import { createSearchRoutes } from './search.ts'
import { createSearchIndexRoutes } from './search-index.ts'
import { createStarRoutes } from './stars.ts'
import { createTagHistoryRoutes } from './tag-history.ts'
import { createTagRoutes } from './tags.ts'
import { createTeamRoutes } from './teams.ts'
import { createUserRoutes } from './users.ts'

/** The settings that the API goes by. */
export interface ApiSettings {
  readonly signUp: boolean
  readonly usersCreateOrganizations: boolean
  readonly sendsPodmanToCatalog: boolean
}

/** Everything of `/api/v1`, and the pages that go with it. */
export function createApi(deps: {
  readonly metadata: MetadataStore
  readonly registry: Registry
  readonly importArchive: ImportArchive
  readonly search: SearchAnswers
  readonly policy: Policy
  readonly passwords: Passwords
  readonly authenticate: Authenticate
  readonly lastUses: LastUses
  readonly settings: ApiSettings
  /** Of Kontor. */
  readonly version: string
  readonly now: () => number
}): Hub {
  const {
    metadata,
    registry,
    importArchive,
    search,
    policy,
    passwords,
    authenticate,
    lastUses,
    settings,
    version,
    now,
  } = deps
  const readSmallBlob = createReadSmallBlob(registry)
  const signUpThrottle = createSignUpThrottle()
  const acceptInvitation = createAcceptInvitation({ ...metadata, passwords })
  const describe = createDescribeApi({ routes: () => routes, version })
  const routes = [
    ...createUserRoutes({ ...metadata, passwords, authenticate, signUpThrottle, signUp: settings.signUp }),
    ...createAccessTokenRoutes({
      accessTokens: metadata.accessTokens,
      issueAccessToken: createIssueAccessToken({ accessTokens: metadata.accessTokens, policy, now }),
      lastUses,
    }),
    ...createRefreshTokenRoutes({ refreshTokens: metadata.refreshTokens, lastUses }),
    ...createInvitationRoutes({
      invitations: metadata.invitations,
      issueInvitation: createIssueInvitation({ invitations: metadata.invitations, now }),
      acceptInvitation,
      signUpThrottle,
    }),
    ...createOrganizationRoutes({
      accounts: metadata.accounts,
      usersCreateOrganizations: settings.usersCreateOrganizations,
    }),
    ...createMemberRoutes(metadata),
    ...createTeamRoutes(metadata),
    ...createGrantRoutes(metadata),
    ...createRobotRoutes({ ...metadata, lastUses, now }),
    ...createRepositoryRoutes({ ...metadata, policy }),
    ...createStarRoutes(metadata),
    ...createTagRoutes(metadata),
    ...createTagHistoryRoutes(metadata),
    ...createManifestRoutes({ explainManifest: createExplainManifest({ ...metadata, readSmallBlob }) }),
    ...createBlobRoutes(metadata),
    ...createRepositoryUsageRoutes(metadata),
    ...createRepositoryAccessRoutes({ ...metadata, policy }),
    ...createRepositoryImportRoutes({ importArchive }),
    ...createRepositoryExportRoutes({
      exportArchive: createExportArchive({ ...registry, manifests: metadata.manifests, readSmallBlob }),
    }),
    ...createSearchRoutes({ search }),
    ...createSearchIndexRoutes(metadata),
    ...createScrubRoutes(metadata),
    ...createDamageRoutes(metadata),
    ...createAuditRoutes(metadata),
    ...createOpenApiRoutes(describe),
  ]
  return {
    routes,
    pages: [
      createInvitationPage({ acceptInvitation }),
      createReferencePage(describe),
      ...createDockerSearchPages({ search, sendsPodmanToCatalog: settings.sendsPodmanToCatalog, now }),
    ],
  }
}
