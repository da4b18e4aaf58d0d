import { PERMISSIONS, type Permission } from '../../../oci/permission.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { parseRepositoryPattern } from '../../../oci/repository-pattern.ts'
import { type Credential, robotCredential, userCredential } from '../../../server/access/credential.ts'
import type { Policy } from '../../../server/access/policy.ts'
import { createSecretText, hashSecret } from '../../../server/access/secret-text.ts'
import type { AccessToken } from '../../../storage/metadata/access-tokens.ts'
import type { Account, AccountChanges } from '../../../storage/metadata/accounts.ts'
import type { Grant, GrantHolder } from '../../../storage/metadata/grants.ts'
import type { RobotSecretId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { Visibility } from '../../../storage/metadata/repositories.ts'
import type { Robot } from '../../../storage/metadata/robots.ts'
import type { Team } from '../../../storage/metadata/teams.ts'
import { give } from '../../contract/metadata/sample-access.ts'
import { idOf, ORIGIN, put } from '../../contract/metadata/sample-content.ts'

/** A pattern (of a grant: without the namespace) with a permission, as `web-*: push`. */
export type ScopeText = `${string}: ${Permission}`

function readScope(text: ScopeText): { readonly pattern: string; readonly permission: Permission } {
  const [pattern = '', permission] = text.split(': ')
  return { pattern, permission: permission as Permission }
}

/** A user who proved who they are with the password. */
export function byPassword(account: Account): Credential {
  return userCredential(account, { kind: 'password' })
}

/** A robot with its first secret. */
export function bySecret(robot: Robot, secretId = 1 as RobotSecretId): Credential {
  return robotCredential(robot, secretId)
}

/** What a credential may do with a repository, from least to most. */
export async function allowed(policy: Policy, credential: Credential, name: string): Promise<readonly Permission[]> {
  const held: Permission[] = []
  for (const permission of PERMISSIONS) {
    const decision = await policy.authorize(credential, permission, parseRepositoryName(name))
    if (decision.allowed) held.push(permission)
  }
  return held
}

/** All that holding a permission comes to. */
export function upTo(permission: Permission | undefined): readonly Permission[] {
  return permission === undefined ? [] : PERMISSIONS.slice(0, PERMISSIONS.indexOf(permission) + 1)
}

/** Changes an account that is there. */
export async function change(store: MetadataStore, { id }: Account, changes: AccountChanges): Promise<Account> {
  const result = await store.accounts.update(id, changes, ORIGIN)
  if (result.kind !== 'updated') throw new Error(`account ${id} cannot be changed: ${result.kind}`)
  return result.account
}

/** A repository with content. */
export async function createRepository(
  store: MetadataStore,
  name: string,
  visibility: Visibility = 'private',
): Promise<void> {
  const repository = parseRepositoryName(name)
  await put(store, 'image', { repository })
  await store.repositories.update(await idOf(store, repository), { visibility }, ORIGIN)
}

/** A team with members of the organization. */
export async function createTeam(
  store: MetadataStore,
  organization: Account,
  name: string,
  ...members: Account[]
): Promise<Team> {
  const result = await store.teams.create(organization.id, name, ORIGIN)
  if (result.kind !== 'created') throw new Error(`there is a team ${name} already`)
  for (const { id } of members) await store.teams.addMember(result.team.id, id, ORIGIN)
  return result.team
}

/** Grants something in an organization. */
export function giveGrant(
  store: MetadataStore,
  organization: Account,
  holder: GrantHolder,
  scope: ScopeText,
): Promise<Grant> {
  const { pattern, permission } = readScope(scope)
  return give(store, organization.id, holder, pattern, permission)
}

/** A robot with its first secret. */
export async function createRobot(
  store: MetadataStore,
  organization: Account,
  name: string,
  scopes: readonly ScopeText[],
  expiresAt?: number,
): Promise<{ readonly robot: Robot; readonly secret: string; readonly secretId: RobotSecretId }> {
  const secret = createSecretText('robot-secret')
  const result = await store.robots.create(
    { organizationId: organization.id, name, scopes: scopes.map(readScope), expiresAt, secretHash: hashSecret(secret) },
    ORIGIN,
  )
  if (result.kind !== 'created') throw new Error(`there is a robot ${name} already`)
  const [first] = await store.robots.listSecrets(result.robot.id)
  if (first === undefined) throw new Error(`the robot ${name} has no secret`)
  return { robot: result.robot, secret, secretId: first.id }
}

/** A personal access token; its patterns are whole ones. */
export async function createAccessToken(
  store: MetadataStore,
  user: Account,
  scopes?: readonly ScopeText[],
  expiresAt?: number,
): Promise<{ readonly token: AccessToken; readonly text: string }> {
  const text = createSecretText('access-token')
  const kept = scopes?.map(readScope).map(({ pattern, permission }) => ({
    pattern: parseRepositoryPattern(pattern),
    permission,
  }))
  const token = await store.accessTokens.create(
    { userId: user.id, name: `a token of ${user.name}`, tokenHash: hashSecret(text), scopes: kept, expiresAt },
    ORIGIN,
  )
  return { token, text }
}
