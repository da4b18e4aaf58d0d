import { PERMISSIONS, type Permission } from '../../oci/permission.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { Asker, OrganizationName, UserName, World, WorldOrganization, WorldScope } from './access-world.ts'

/**
 * The rules of who may do what, in the plainest code there is and with nothing of the server's, so that the two can
 * disagree (M2). Whoever changes a rule changes it here too, and sees the tests fail before.
 */
export function mayByModel(world: World, asker: Asker, permission: Permission, name: RepositoryName): boolean {
  // What is public, everybody may pull.
  if (permission === 'pull' && world.repositories.some((each) => each.name === name && each.isPublic)) return true
  if (asker.kind === 'anonymous') return false

  const [namespace = '', ...rest] = name.split('/')
  const path = rest.join('/')
  if (asker.kind === 'user') {
    const role = world.roles[asker.name]
    // Administrators do everything, but make no namespace of a reserved name.
    if (role === 'admin') return permission === 'pull' || (namespace !== 'api' && namespace !== 'library')
    if (role === 'auditor' && permission === 'pull') return true
    if (namespace === asker.name) return true
  }
  if (!isOrganization(world, namespace)) return false
  const organization = world.organizations[namespace]

  const held: Permission[] = []
  if (asker.kind === 'user') {
    const role = organization.members[asker.name]
    if (role === 'owner' || role === 'manager') return true
    // Capped, whatever else was given.
    if (role === 'auditor') return permission === 'pull'
    if (role === 'member' && organization.basePermission !== 'none') held.push(organization.basePermission)
  } else if (asker.organization !== namespace) return false
  for (const grant of organization.grants) {
    const { holder } = grant
    const isHeld =
      (holder.kind === asker.kind && holder.name === asker.name) ||
      (holder.kind === 'team' && asker.kind === 'user' && isInTeam(organization, holder.name, asker.name))
    if (isHeld && matches(grant.pattern, path)) held.push(grant.permission)
  }
  return held.some((each) => PERMISSIONS.indexOf(each) >= PERMISSIONS.indexOf(permission))
}

/** What an access token with scopes allows: what its owner may and one of them covers, and what is public. */
export function mayByScopes(
  world: World,
  asker: Asker,
  scopes: readonly WorldScope[],
  permission: Permission,
  name: RepositoryName,
): boolean {
  if (mayByModel(world, { kind: 'anonymous' }, permission, name)) return true
  const isCovered = scopes.some(
    (scope) => matches(scope.pattern, name) && PERMISSIONS.indexOf(scope.permission) >= PERMISSIONS.indexOf(permission),
  )
  return isCovered && mayByModel(world, asker, permission, name)
}

/** Patterns as regular expressions: hopeless against hostile ones, and easy to believe. */
function matches(pattern: string, text: string): boolean {
  const components = pattern.split('/').map((component) => {
    if (component === '**') return '[^/]+(/[^/]+)*'
    return component.split('*').map(escaped).join('[^/]*')
  })
  return new RegExp(`^${components.join('/')}$`).test(text)
}

function escaped(text: string): string {
  return text.replaceAll(/[.\-_]/g, '\\$&')
}

function isOrganization(world: World, name: string): name is OrganizationName {
  return Object.hasOwn(world.organizations, name)
}

function isInTeam(organization: WorldOrganization, team: keyof WorldOrganization['teams'], user: UserName): boolean {
  return organization.teams[team].includes(user)
}
