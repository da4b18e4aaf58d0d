import type { MetadataStore } from '../../storage/metadata/metadata-store.ts'
import type { Authenticate } from '../access/authenticate.ts'
import type { LastUses } from '../access/last-uses.ts'
import type { Passwords } from '../access/passwords.ts'
import type { Policy } from '../access/policy.ts'
import { createAcceptInvitation } from '../accounts/accept-invitation.ts'
import { createIssueAccessToken } from '../accounts/issue-access-token.ts'
import { createIssueInvitation } from '../accounts/issue-invitation.ts'
import { createSignUpThrottle } from '../accounts/sign-up-throttle.ts'
import { createAccessTokenRoutes } from './access-tokens.ts'
import type { Hub } from './app.ts'
import { createAuditRoutes } from './audit.ts'
import { createGrantRoutes } from './grants.ts'
import { createInvitationPage } from './invitation-page.ts'
import { createInvitationRoutes } from './invitations.ts'
import { createMemberRoutes } from './members.ts'
import { createDescribeApi, createOpenApiRoutes } from './openapi.ts'
import { createOrganizationRoutes } from './organizations.ts'
import { createReferencePage } from './reference-page.ts'
import { createRefreshTokenRoutes } from './refresh-tokens.ts'
import { createRepositoryRoutes } from './repositories.ts'
import { createRepositoryAccessRoutes } from './repository-access.ts'
import { createRobotRoutes } from './robots.ts'
import { createTeamRoutes } from './teams.ts'
import { createUserRoutes } from './users.ts'

/** The settings that the API goes by. */
export interface ApiSettings {
  readonly signUp: boolean
  readonly usersCreateOrganizations: boolean
}

/** Everything of `/api/v1`, and the pages that go with it. */
export function createApi(deps: {
  readonly metadata: MetadataStore
  readonly policy: Policy
  readonly passwords: Passwords
  readonly authenticate: Authenticate
  readonly lastUses: LastUses
  readonly settings: ApiSettings
  /** Of Kontor. */
  readonly version: string
  readonly now: () => number
}): Hub {
  const { metadata, policy, passwords, authenticate, lastUses, settings, version, now } = deps
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
    ...createRepositoryRoutes({ repositories: metadata.repositories, policy }),
    ...createRepositoryAccessRoutes({ ...metadata, policy }),
    ...createAuditRoutes(metadata),
    ...createOpenApiRoutes(describe),
  ]
  return { routes, pages: [createInvitationPage({ acceptInvitation }), createReferencePage(describe)] }
}
