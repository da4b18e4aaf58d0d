import fc from 'fast-check'
import { PERMISSIONS, type Permission } from '../../oci/permission.ts'
import { parseRepositoryName, type RepositoryName } from '../../oci/repository-name.ts'
import { readRepositoryPattern } from '../../oci/repository-pattern.ts'
import type { BasePermission, InstanceRole } from '../../storage/metadata/accounts.ts'
import { MEMBER_ROLES, type MemberRole } from '../../storage/metadata/members.ts'

export const USERS = ['ann', 'ben', 'cas', 'dan'] as const
export const ORGANIZATIONS = ['acme', 'ajax'] as const
export const TEAMS = ['blue', 'red'] as const
export const ROBOTS = ['cd', 'ci'] as const

export type UserName = (typeof USERS)[number]
export type OrganizationName = (typeof ORGANIZATIONS)[number]
export type TeamName = (typeof TEAMS)[number]
export type RobotName = (typeof ROBOTS)[number]

/** Everything that decides who may do what, in plain values. */
export interface World {
  readonly roles: Readonly<Record<UserName, InstanceRole>>
  readonly organizations: Readonly<Record<OrganizationName, WorldOrganization>>
  /** What is not here is absent. */
  readonly repositories: readonly WorldRepository[]
}

export interface WorldOrganization {
  readonly basePermission: BasePermission
  readonly members: Readonly<Record<UserName, MemberRole | undefined>>
  /** Only members of the organization come into its teams. */
  readonly teams: Readonly<Record<TeamName, readonly UserName[]>>
  readonly grants: readonly WorldGrant[]
}

export interface WorldGrant {
  readonly holder:
    | { readonly kind: 'user'; readonly name: UserName }
    | { readonly kind: 'team'; readonly name: TeamName }
    | { readonly kind: 'robot'; readonly name: RobotName }
  /** Without the organization's name. */
  readonly pattern: string
  readonly permission: Permission
}

export interface WorldRepository {
  readonly name: RepositoryName
  readonly isPublic: boolean
  readonly hasContent: boolean
}

/** Who asks. */
export type Asker =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly name: UserName }
  | { readonly kind: 'robot'; readonly organization: OrganizationName; readonly name: RobotName }

export const ASKERS: readonly Asker[] = [
  { kind: 'anonymous' },
  ...USERS.map((name) => ({ kind: 'user', name }) as const),
  ...ORGANIZATIONS.flatMap((organization) => ROBOTS.map((name) => ({ kind: 'robot', organization, name }) as const)),
]

const PATHS = ['web', 'web-api', 'api', 'team/web', 'team/a/b']

/** All that is asked about: of each kind of namespace, some that is nobody's and some that nobody may have. */
export const NAMES: readonly RepositoryName[] = [
  ...ORGANIZATIONS.flatMap((namespace) => PATHS.map((path) => `${namespace}/${path}`)),
  ...['ann/web', 'ann/team/web', 'ben/api', 'future/web', 'api/web', 'library/api'],
].map(parseRepositoryName)

/** What can be there: a namespace that is nobody's has nothing in it. */
const POSSIBLE_NAMES = NAMES.slice(0, -3)

export interface WorldScope {
  /** A whole pattern. */
  readonly pattern: string
  readonly permission: Permission
}

const permissions = fc.constantFrom(...PERMISSIONS)

/** Patterns within a namespace. */
const patterns = fc
  .oneof(
    fc.constantFrom(...PATHS, '**'),
    fc
      .array(fc.constantFrom('web', 'web*', '*', '**', '*api', 'team', 't*m', '*a*', 'b'), {
        minLength: 1,
        maxLength: 3,
      })
      .map((components) => components.join('/')),
  )
  .filter((pattern) => readRepositoryPattern(`acme/${pattern}`) !== undefined)

export const scopes: fc.Arbitrary<readonly WorldScope[]> = fc.array(
  fc.record({
    pattern: fc
      .oneof(
        fc.constant('**'),
        fc.tuple(fc.constantFrom(...ORGANIZATIONS, 'ann', 'a*', '**'), patterns).map((parts) => parts.join('/')),
      )
      .filter((pattern) => readRepositoryPattern(pattern) !== undefined),
    permission: permissions,
  }),
  { maxLength: 3 },
)

export const grants: fc.Arbitrary<WorldGrant> = fc.record({
  holder: fc.oneof(
    fc.constantFrom(...USERS).map((name) => ({ kind: 'user', name }) as const),
    fc.constantFrom(...TEAMS).map((name) => ({ kind: 'team', name }) as const),
    fc.constantFrom(...ROBOTS).map((name) => ({ kind: 'robot', name }) as const),
  ),
  pattern: patterns,
  permission: permissions,
})

/** Two grants that are the same but for the permission: the second changes the first. */
export function isSameGrant(one: WorldGrant, other: WorldGrant): boolean {
  return one.holder.kind === other.holder.kind && one.holder.name === other.holder.name && one.pattern === other.pattern
}

function recordOf<Key extends string, Value>(
  keys: readonly Key[],
  values: fc.Arbitrary<Value>,
): fc.Arbitrary<Readonly<Record<Key, Value>>> {
  return fc
    .array(values, { minLength: keys.length, maxLength: keys.length })
    .map((drawn) => Object.fromEntries(keys.map((key, index) => [key, drawn[index]])) as Record<Key, Value>)
}

const organizations: fc.Arbitrary<WorldOrganization> = fc
  .record({
    basePermission: fc.constantFrom('none', 'pull', 'push'),
    members: recordOf(
      USERS,
      fc.oneof(fc.constant(undefined), fc.constant('member' as const), fc.constantFrom(...MEMBER_ROLES)),
    ),
    teams: recordOf(TEAMS, fc.subarray([...USERS])),
    grants: fc.uniqueArray(grants, { maxLength: 6, comparator: isSameGrant }),
  })
  .map((drawn) => ({
    ...drawn,
    teams: {
      blue: drawn.teams.blue.filter((user) => drawn.members[user] !== undefined),
      red: drawn.teams.red.filter((user) => drawn.members[user] !== undefined),
    },
  }))

export const worlds: fc.Arbitrary<World> = fc.record({
  roles: recordOf(
    USERS,
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('none' as const) },
      fc.constantFrom('auditor' as const, 'admin' as const),
    ),
  ),
  organizations: recordOf(ORGANIZATIONS, organizations),
  repositories: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom(...POSSIBLE_NAMES),
      isPublic: fc.oneof(fc.constant(false), fc.boolean()),
      hasContent: fc.oneof(fc.constant(true), fc.boolean()),
    }),
    { selector: ({ name }) => name, minLength: 3 },
  ),
})
