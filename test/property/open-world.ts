import { PERMISSIONS, type Permission } from '../../oci/permission.ts'
import { parseRepositoryPattern } from '../../oci/repository-pattern.ts'
import { ANONYMOUS, type Credential, userCredential, viewerOf } from '../../server/access/credential.ts'
import { createSecretText, hashSecret } from '../../server/access/secret-text.ts'
import type { Account } from '../../storage/metadata/accounts.ts'
import type { Grant, GrantHolder } from '../../storage/metadata/grants.ts'
import type { Robot } from '../../storage/metadata/robots.ts'
import { readPages } from '../contract/metadata/read-pages.ts'
import { give } from '../contract/metadata/sample-access.ts'
import { createOrganization, createUser, idOf, link, ORIGIN, put } from '../contract/metadata/sample-content.ts'
import { bearer, DAY_MS, openAccess } from '../unit/access/open-access.ts'
import { createRobot, createTeam } from '../unit/access/sample-rights.ts'
import {
  type Asker,
  NAMES,
  ORGANIZATIONS,
  type OrganizationName,
  ROBOTS,
  TEAMS,
  USERS,
  type World,
  type WorldGrant,
  type WorldOrganization,
  type WorldScope,
} from './access-world.ts'

/** What somebody may do with everything: `<permission> <name>`. */
export type Allowed = ReadonlySet<string>

/** Makes a world true in a real database, with all of `server/access` on top. */
export async function openWorld(world: World) {
  const access = await openAccess()
  const { store, policy, clock } = access
  const accounts = new Map<string, Account>()
  const robots = new Map<string, { readonly robot: Robot; readonly secret: string }>()
  const holders = new Map<string, GrantHolder>()

  for (const name of USERS) {
    const user = await createUser(store, name, world.roles[name])
    accounts.set(name, user)
    for (const organization of ORGANIZATIONS) holders.set(`${organization} user ${name}`, { kind: 'user', id: user.id })
  }
  for (const name of ORGANIZATIONS) await build(name, world.organizations[name])
  for (const { name, isPublic, hasContent } of world.repositories) {
    if (hasContent) await put(store, 'image', { repository: name })
    else await link(store, 'layer', name)
    if (isPublic) await store.repositories.update(await idOf(store, name), { visibility: 'public' }, ORIGIN)
  }

  async function build(name: OrganizationName, organization: WorldOrganization): Promise<void> {
    const account = await createOrganization(store, name)
    accounts.set(name, account)
    await store.accounts.update(account.id, { basePermission: organization.basePermission }, ORIGIN)
    for (const user of USERS) {
      const role = organization.members[user]
      if (role !== undefined) await store.members.set(account.id, accountOf(user).id, role, ORIGIN)
    }
    for (const team of TEAMS) {
      const { id } = await createTeam(store, account, team, ...organization.teams[team].map(accountOf))
      holders.set(`${name} team ${team}`, { kind: 'team', id })
    }
    for (const robot of ROBOTS) {
      const created = await createRobot(store, account, robot, [])
      robots.set(`${name}+${robot}`, created)
      holders.set(`${name} robot ${robot}`, { kind: 'robot', id: created.robot.id })
    }
    for (const grant of organization.grants) await giveIn(name, grant)
  }

  function accountOf(name: string): Account {
    return orThrow(accounts.get(name), name)
  }

  function giveIn(organization: OrganizationName, { holder, pattern, permission }: WorldGrant): Promise<Grant> {
    const key = `${organization} ${holder.kind} ${holder.name}`
    const organizationId = accountOf(organization).id
    return give(store, organizationId, orThrow(holders.get(key), key), pattern, permission)
  }

  async function may(credential: Credential, permission: Permission, name: (typeof NAMES)[number]): Promise<boolean> {
    return (await policy.authorize(credential, permission, name)).allowed
  }

  return {
    ...access,
    may,
    give: giveIn,
    async take(organization: OrganizationName, grant: Grant): Promise<void> {
      await store.grants.delete(accountOf(organization).id, grant.id, ORIGIN)
    },
    /** The credential of whoever asks: by a password, by a robot's secret, or by none. */
    async credentialOf(asker: Asker): Promise<Credential> {
      if (asker.kind === 'user') return userCredential(accountOf(asker.name), { kind: 'password' })
      if (asker.kind === 'robot') {
        const name = `${asker.organization}+${asker.name}`
        return access.credentialFor(bearer(orThrow(robots.get(name), name).secret))
      }
      return ANONYMOUS
    },
    /** The `Authorization` header of a new access token; it expires after a day. */
    async createToken(user: string, scopes: readonly WorldScope[] | undefined): Promise<string> {
      const text = createSecretText('access-token')
      const parsed = scopes?.map(({ pattern, permission }) => ({
        pattern: parseRepositoryPattern(pattern),
        permission,
      }))
      const expiresAt = clock.now() + DAY_MS
      await store.accessTokens.create(
        { userId: accountOf(user).id, name: 'a token', tokenHash: hashSecret(text), scopes: parsed, expiresAt },
        ORIGIN,
      )
      return bearer(text)
    },
    async allowedTo(credential: Credential): Promise<Allowed> {
      const allowed = new Set<string>()
      for (const name of NAMES) {
        for (const permission of PERMISSIONS)
          if (await may(credential, permission, name)) allowed.add(`${permission} ${name}`)
      }
      return allowed
    },
    /** The names in the lists that are made for a credential, read in pages of two. */
    async listedFor(credential: Credential): Promise<readonly string[]> {
      const viewer = viewerOf(credential)
      const pages = await readPages((page) => store.repositories.listVisible(viewer, page), 2)
      return pages.flat().map(({ name }) => name)
    },
  }
}

export type OpenWorld = Awaited<ReturnType<typeof openWorld>>

function orThrow<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`there is no ${what} in this world`)
  return found
}
