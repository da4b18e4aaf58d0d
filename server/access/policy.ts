import { includesPermission, PERMISSIONS, type Permission } from '../../oci/permission.ts'
import { namespaceOf, pathOf, type RepositoryName } from '../../oci/repository-name.ts'
import type { MemberRole } from '../../storage/metadata/members.ts'
import type { Place, RepositoryStore } from '../../storage/metadata/repositories.ts'
import type { HeldGrant, RightsStore, Standing } from '../../storage/metadata/rights.ts'
import { isReservedName } from '../accounts/reserved-names.ts'
import type { Credential, Subject } from './credential.ts'

/** The answer of the policy, with the place it looked at so that nobody needs to look again. */
export type Decision =
  | { readonly allowed: true; readonly place: Place }
  | {
      readonly allowed: false
      readonly place: Place
      /** `reserved-name`: the right is there, but no namespace of this name can come to be. */
      readonly reason: 'no-right' | 'reserved-name'
    }

/** Something that gives a subject a permission on a repository. */
export interface Right {
  readonly permission: Permission
  readonly through:
    | { readonly kind: 'visibility' }
    | { readonly kind: 'instance-role'; readonly role: 'auditor' | 'admin' }
    | { readonly kind: 'own-namespace' }
    | { readonly kind: 'member-role'; readonly role: MemberRole }
    | { readonly kind: 'base-permission' }
    | { readonly kind: 'grant'; readonly grant: HeldGrant }
}

export interface Policy {
  /** May this credential do this to this repository, whether or not it exists? Every path to a repository asks here. */
  authorize(credential: Credential, permission: Permission, name: RepositoryName): Promise<Decision>
  /** Everything that gives a subject something there, un-narrowed: the same rules, told instead of applied. */
  explain(subject: Subject, place: Place): Promise<readonly Right[]>
}

/** Makes the policy; it remembers nothing, so a right that was given or taken counts from the next request (I7). */
export function createPolicy(deps: {
  readonly repositories: Pick<RepositoryStore, 'locate'>
  readonly rights: RightsStore
}): Policy {
  const { repositories, rights } = deps

  async function standingOf(subject: Subject, { ownerId }: Place): Promise<Standing | undefined> {
    if (subject.kind !== 'user' || ownerId === undefined || ownerId === subject.account.id) return undefined
    return rights.standing(ownerId, subject.account.id)
  }

  async function grantsOf(subject: Subject, { ownerId, name }: Place): Promise<readonly HeldGrant[]> {
    if (subject.kind === 'anonymous' || ownerId === undefined) return []
    const holder =
      subject.kind === 'user'
        ? ({ kind: 'user', id: subject.account.id } as const)
        : ({ kind: 'robot', id: subject.robot.id } as const)
    return rights.grantsCovering(ownerId, pathOf(name), holder)
  }

  async function holds(subject: Subject, permission: Permission, place: Place): Promise<boolean> {
    const standing = await standingOf(subject, place)
    // Grants are looked up last: most requests are decided by what comes before.
    if (suffices(rightsByStanding(subject, place, standing), permission)) return true
    if (!canHoldGrants(subject, place, standing)) return false
    return suffices(rightsByGrants(await grantsOf(subject, place)), permission)
  }

  return {
    async authorize({ subject, narrowing }, permission, name) {
      const place = await repositories.locate(name)
      // What anonymous may pull, every credential may pull, however narrowed.
      if (permission === 'pull' && place.repository?.visibility === 'public') return { allowed: true, place }
      const isKept = narrowing === undefined || narrowing.keeps(permission, { asked: name, name: place.name })
      if (!(await holds(subject, permission, place)) || !isKept) {
        // An absent repository is looked for under former names too, a forbidden one is found at once. Looking everywhere
        // again, whatever was found, takes both as long (I5).
        await repositories.locate(name, { thoroughly: true })
        return { allowed: false, place, reason: 'no-right' }
      }
      const isNew = permission !== 'pull' && place.ownerId === undefined
      if (isNew && isReservedName(namespaceOf(place.name))) return { allowed: false, place, reason: 'reserved-name' }
      return { allowed: true, place }
    },

    async explain(subject, place) {
      const standing = await standingOf(subject, place)
      const found = rightsByStanding(subject, place, standing)
      if (place.repository?.visibility === 'public')
        found.unshift({ permission: 'pull', through: { kind: 'visibility' } })
      if (canHoldGrants(subject, place, standing)) found.push(...rightsByGrants(await grantsOf(subject, place)))
      return found
    },
  }
}

/** What a subject holds by who it is, without grants and without what everybody may. */
export function rightsByStanding(subject: Subject, { ownerId }: Pick<Place, 'ownerId'>, standing?: Standing): Right[] {
  if (subject.kind !== 'user') return []
  const { id, role } = subject.account
  const found: Right[] = []
  if (role === 'admin') found.push({ permission: 'admin', through: { kind: 'instance-role', role } })
  if (role === 'auditor') found.push({ permission: 'pull', through: { kind: 'instance-role', role } })
  // A user's namespace is the user's own, existing repositories and those to come alike.
  if (ownerId === id) found.push({ permission: 'admin', through: { kind: 'own-namespace' } })
  if (standing?.memberRole === undefined) return found
  const { memberRole, basePermission } = standing
  const byRole = { owner: 'admin', manager: 'admin', auditor: 'pull', member: undefined } as const
  const permission = byRole[memberRole]
  if (permission !== undefined) found.push({ permission, through: { kind: 'member-role', role: memberRole } })
  if (memberRole === 'member' && basePermission !== 'none') {
    found.push({ permission: basePermission, through: { kind: 'base-permission' } })
  }
  return found
}

/** What grants give that are held and cover the repository. */
export function rightsByGrants(grants: readonly HeldGrant[]): Right[] {
  return grants.map((grant) => ({ permission: grant.permission, through: { kind: 'grant', grant } }))
}

/** Grants count in organizations only; an organization's auditor is capped at `pull` whatever else applies. */
function canHoldGrants(subject: Subject, { ownerId }: Place, standing: Standing | undefined): boolean {
  if (subject.kind === 'robot') return subject.robot.organizationId === ownerId
  return standing?.ownerKind === 'organization' && standing.memberRole !== 'auditor'
}

/** The highest of some permissions: what several rights come to. */
export function highestPermission(rights: readonly Right[]): Permission | undefined {
  return PERMISSIONS.findLast((permission) => rights.some((right) => right.permission === permission))
}

function suffices(rights: readonly Right[], permission: Permission): boolean {
  return rights.some((right) => includesPermission(right.permission, permission))
}
