import { createHash } from 'node:crypto'
import type { Permission } from '../../../oci/permission.ts'
import type { AccessToken, NewAccessToken } from '../../../storage/metadata/access-tokens.ts'
import type { Grant, GrantHolder } from '../../../storage/metadata/grants.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { NewRobot, Robot } from '../../../storage/metadata/robots.ts'
import type { Team } from '../../../storage/metadata/teams.ts'
import { ORIGIN } from './sample-content.ts'

/** What is kept of a secret. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** Creates a team whose name must be free; whoever is put in becomes a member of the organization. */
export async function createTeam(
  store: MetadataStore,
  organizationId: AccountId,
  name: string,
  userIds: readonly AccountId[] = [],
): Promise<Team> {
  const result = await store.teams.create(organizationId, name, ORIGIN)
  if (result.kind !== 'created') throw new Error(`there is a team ${name} already`)
  for (const userId of userIds) {
    if ((await store.members.find(organizationId, userId)) === undefined) {
      await store.members.set(organizationId, userId, 'member', ORIGIN)
    }
    await store.teams.addMember(result.team.id, userId, ORIGIN)
  }
  return result.team
}

/** Creates a robot whose name must be free; its secret is its name, unless said otherwise. */
export async function createRobot(
  store: MetadataStore,
  organizationId: AccountId,
  name: string,
  changes: Partial<NewRobot> = {},
): Promise<Robot> {
  const result = await store.robots.create(
    { organizationId, name, scopes: [], expiresAt: undefined, secretHash: hashOf(name), ...changes },
    ORIGIN,
  )
  if (result.kind !== 'created') throw new Error(`there is a robot ${name} already`)
  return result.robot
}

/** Grants something. */
export async function give(
  store: MetadataStore,
  organizationId: AccountId,
  holder: GrantHolder,
  pattern: string,
  permission: Permission = 'pull',
): Promise<Grant> {
  const result = await store.grants.put({ organizationId, holder, pattern, permission }, ORIGIN)
  if (result.kind !== 'put') throw new Error('what is granted without a condition cannot be stale')
  return result.grant
}

/** Creates an access token whose text is its name, with all of its owner's rights unless said otherwise. */
export function createToken(
  store: MetadataStore,
  userId: AccountId,
  name: string,
  changes: Partial<NewAccessToken> = {},
): Promise<AccessToken> {
  const token = { userId, name, tokenHash: hashOf(name), scopes: undefined, expiresAt: undefined }
  return store.accessTokens.create({ ...token, ...changes }, ORIGIN)
}
