import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRepositoryName, type RepositoryName } from '../../../oci/repository-name.ts'
import { covers, parseRepositoryPattern, type RepositoryPattern } from '../../../oci/repository-pattern.ts'
import type { BasePermission } from '../../../storage/metadata/accounts.ts'
import type { GrantHolder } from '../../../storage/metadata/grants.ts'
import type { AccountId, RobotId, TeamId } from '../../../storage/metadata/identities.ts'
import type { MemberRole } from '../../../storage/metadata/members.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { Viewer } from '../../../storage/metadata/repositories.ts'
import { readPages } from './read-pages.ts'
import { createRobot, createTeam, give } from './sample-access.ts'
import { createOrganization, createUser, digestOf, getRepository, idOf, link, ORIGIN, put } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

// In order of name, `acme-x/…` comes before `acme/…`, and `web-api`, `web.api` and `web/api` between `web` and `webs`.
const ORGANIZATIONS = ['acme', 'acme-x'] as const
const USERS = ['alice', 'bob'] as const
const PATHS = ['a', 'web', 'web-api', 'web.api', 'web/api', 'web/api/v1', 'webs']
const OWN_PATHS = ['web', 'web/api']
const PATTERNS = [
  '**',
  '*',
  'web',
  'web-*',
  'web*',
  'w*',
  '*/api',
  'web/**',
  '**/v1',
  'web/api',
  '*-api',
  'absent',
  'a',
]
const NARROWINGS = [
  '**',
  'acme/**',
  'acme/web-*',
  'acme-x/*',
  'acme/web',
  'alice/**',
  '**/api',
  '*/web',
  'ac*/w*',
  'web/**',
]

/** Everything that there is, as the search goes through it. */
const FROM_THE_TOP = { match: { how: 'any' }, filters: {}, before: undefined, limit: 100 } as const

/** Who has which rights, as one run makes it. */
interface Rights {
  readonly organizations: readonly {
    readonly basePermission: BasePermission
    readonly roles: readonly (MemberRole | undefined)[]
    /** Of each user, whether it is in the team; only members are. */
    readonly inTeam: readonly boolean[]
    readonly grants: readonly { readonly holder: 'alice' | 'bob' | 'team' | 'robot'; readonly pattern: string }[]
  }[]
  /** Of each repository. */
  readonly isPublic: readonly boolean[]
}

const rightsOf = (repositories: number): fc.Arbitrary<Rights> =>
  fc.record({
    organizations: fc.tuple(organization, organization),
    isPublic: fc.array(
      fc.nat(4).map((each) => each === 0),
      { minLength: repositories, maxLength: repositories },
    ),
  })

const organization = fc.record({
  basePermission: fc.constantFrom('none' as const, 'none' as const, 'pull' as const),
  roles: fc.tuple(role(), role()),
  inTeam: fc.tuple(fc.boolean(), fc.boolean()),
  grants: fc.array(
    fc.record({
      holder: fc.constantFrom('alice' as const, 'bob' as const, 'team' as const, 'robot' as const),
      pattern: fc.constantFrom(...PATTERNS),
    }),
    { maxLength: 6 },
  ),
})

function role(): fc.Arbitrary<MemberRole | undefined> {
  return fc.constantFrom(undefined, 'member', 'member', 'member', 'auditor', 'manager', 'owner')
}

const within = fc.option(
  fc.array(fc.constantFrom(...NARROWINGS), { maxLength: 3 }).map((patterns) => patterns.map(parseRepositoryPattern)),
  { nil: undefined },
)

/** The accounts, teams, robots and repositories that every run gives rights on. */
async function openWorld(store: MetadataStore) {
  const organizations = await Promise.all(
    ORGANIZATIONS.map(async (name) => {
      const { id } = await createOrganization(store, name)
      const robot = await createRobot(store, id, 'ci', { secretHash: digestBytes(name) })
      return { name, id, teamId: (await createTeam(store, id, 'team')).id, robotId: robot.id }
    }),
  )
  const users = await Promise.all(USERS.map(async (name) => ({ name, id: (await createUser(store, name)).id })))
  const names = [
    ...ORGANIZATIONS.flatMap((name) => PATHS.map((path) => `${name}/${path}`)),
    ...USERS.flatMap((name) => OWN_PATHS.map((path) => `${name}/${path}`)),
  ].map(parseRepositoryName)
  for (const repository of names) {
    await put(store, 'image', { repository })
    await link(store, repository, repository)
  }
  // Never in a list: it has no manifest.
  await link(store, 'acme/unfinished', parseRepositoryName('acme/unfinished'))
  return { store, organizations, users, names: [...names, parseRepositoryName('acme/unfinished')] }
}

type World = Awaited<ReturnType<typeof openWorld>>

function digestBytes(text: string): Buffer {
  return Buffer.from(digestOf(text))
}

/** Makes the rights what a run says, whatever they were. */
async function establish({ store, organizations, users, names }: World, rights: Rights): Promise<void> {
  for (const [index, name] of names.entries()) {
    const visibility = rights.isPublic[index] ? 'public' : 'private'
    await store.repositories.update(await idOf(store, name), { visibility }, ORIGIN)
  }
  for (const [index, { id, teamId, robotId }] of organizations.entries()) {
    const { basePermission, roles, inTeam, grants } = at(rights.organizations, index)
    await store.accounts.update(id, { basePermission }, ORIGIN)
    for (const grant of (await store.grants.list(id, undefined, { after: undefined, limit: 100 })).items) {
      await store.grants.delete(id, grant.id, ORIGIN)
    }
    for (const [which, user] of users.entries()) {
      const role = roles[which]
      if (role === undefined) await store.members.remove(id, user.id, ORIGIN)
      else await store.members.set(id, user.id, role, ORIGIN)
      if (role !== undefined && inTeam[which]) await store.teams.addMember(teamId, user.id, ORIGIN)
      else await store.teams.removeMember(teamId, user.id, ORIGIN)
    }
    for (const { holder, pattern } of grants) await give(store, id, holderOf(holder, users, teamId, robotId), pattern)
  }
}

function holderOf(name: string, users: World['users'], teamId: TeamId, robotId: RobotId): GrantHolder {
  if (name === 'team') return { kind: 'team', id: teamId }
  if (name === 'robot') return { kind: 'robot', id: robotId }
  return { kind: 'user', id: userNamed(users, name) }
}

function userNamed(users: World['users'], name: string): AccountId {
  const user = users.find((each) => each.name === name)
  if (user === undefined) throw new Error(`there is no user ${name}`)
  return user.id
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new Error(`there is nothing at ${index}`)
  return item
}

/** The rules of who may pull, said once more, one repository at a time. */
function mayPull(
  { organizations, users, names }: World,
  rights: Rights,
  viewer: Viewer,
  name: RepositoryName,
): boolean {
  if (rights.isPublic[names.indexOf(name)]) return true
  if (viewer.within !== undefined && !viewer.within.some((pattern) => covers(pattern, name))) return false
  if (viewer.kind === 'everything') return true
  const namespace = name.slice(0, name.indexOf('/'))
  const path = name.slice(namespace.length + 1)
  const index = organizations.findIndex((each) => each.name === namespace)
  if (viewer.kind === 'anonymous') return false
  if (viewer.kind === 'robot') {
    if (organizations[index]?.robotId !== viewer.robotId) return false
    return at(rights.organizations, index).grants.some((each) => each.holder === 'robot' && covers(each.pattern, path))
  }
  const which = users.findIndex((each) => each.id === viewer.userId)
  if (index < 0) return namespace === at(users, which).name
  const { basePermission, roles, inTeam, grants } = at(rights.organizations, index)
  const role = roles[which]
  if (role !== undefined && (role !== 'member' || basePermission !== 'none')) return true
  const holds = (holder: string) =>
    holder === at(users, which).name || (holder === 'team' && role !== undefined && inTeam[which] === true)
  return grants.some((each) => holds(each.holder) && covers(each.pattern, path))
}

/** Everybody who looks. */
function viewersOf(world: World, narrowing: readonly RepositoryPattern[] | undefined): readonly Viewer[] {
  return [
    { kind: 'everything', within: narrowing },
    { kind: 'anonymous', within: narrowing },
    ...world.users.map(({ id }) => ({ kind: 'user', userId: id, within: narrowing }) as const),
    ...world.organizations.map(({ robotId }) => ({ kind: 'robot', robotId, within: narrowing }) as const),
  ]
}

/** What a viewer is shown: the same as what one may pull, of everything that is there. */
export function describeVisible(underTest: () => MetadataStoreUnderTest): void {
  describe('what a viewer may pull', () => {
    it('is what the rules say, in lists, in the search and for mounts, whoever looks and whatever they were given', async () => {
      const world = await openWorld(underTest().store)
      const { store, names } = world
      const listed = names.filter((name) => name !== 'acme/unfinished').sort()
      // The organizations keep an owner whom the runs leave alone.
      const root = await createUser(store, 'root')
      for (const { id } of world.organizations) await store.members.set(id, root.id, 'owner', ORIGIN)
      const cases = fc.asyncProperty(
        rightsOf(names.length),
        within,
        fc.integer({ min: 1, max: 20 }),
        async (rights, narrowing, limit) => {
          await establish(world, rights)
          for (const viewer of viewersOf(world, narrowing)) {
            const pages = await readPages((page) => store.repositories.listVisible(viewer, page), limit)
            const expected = listed.filter((name) => mayPull(world, rights, viewer, name))
            expect(pages.flat().map(({ name }) => name)).toEqual(expected)
            const names = await readPages((page) => store.repositories.listVisibleNames(viewer, page), limit)
            expect(names.flat()).toEqual(expected)
            expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true)
            const found = await (await store.searchIndex.candidatesFor(viewer)).list(FROM_THE_TOP)
            expect(found.map(({ repository }) => repository.name).sort()).toEqual(expected)
            for (const name of world.names) {
              const found = await store.blobLinks.findAnywhere(viewer, digestOf(name))
              expect([name, found !== undefined]).toEqual([name, mayPull(world, rights, viewer, name)])
            }
          }
        },
      )
      await fc.assert(cases, { numRuns: 40 })
    }, 60_000)

    it('ends with the right to it', async () => {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme')
      await store.accounts.update(acme.id, { basePermission: 'none' }, ORIGIN)
      const bob = await createUser(store, 'bob')
      const web = await createTeam(store, acme.id, 'web', [bob.id])
      await put(store, 'image')
      const see = async () => {
        const viewer = { kind: 'user', userId: bob.id } as const
        return (await store.repositories.listVisible(viewer, { after: undefined, limit: 9 })).items.length
      }
      expect(await see()).toBe(0)
      const { id } = await give(store, acme.id, { kind: 'team', id: web.id }, 'app')
      expect(await see()).toBe(1)
      await store.grants.delete(acme.id, id, ORIGIN)
      expect(await see()).toBe(0)
      await give(store, acme.id, { kind: 'team', id: web.id }, 'app')
      await store.teams.removeMember(web.id, bob.id, ORIGIN)
      expect(await see()).toBe(0)
      await store.accounts.update(acme.id, { basePermission: 'pull' }, ORIGIN)
      expect(await see()).toBe(1)
      await store.members.remove(acme.id, bob.id, ORIGIN)
      expect(await see()).toBe(0)
    })

    it.each(['', 'acme/app', 'acme/app\u0000', '~', 'ü', '%', "' OR '1'='1"])(
      'is listed after %j, which need not be a name',
      async (after) => {
        const { store } = underTest()
        await put(store, 'image')
        const { items } = await store.repositories.listVisible({ kind: 'everything' }, { after, limit: 9 })
        expect(items.map(({ name }) => name)).toEqual('acme/app' > after ? ['acme/app'] : [])
        const ownerId = (await getRepository(store)).ownerId
        await store.accounts.update(ownerId, { basePermission: 'pull' }, ORIGIN)
        const bob = await createUser(store, 'bob')
        await store.members.set(ownerId, bob.id, 'member', ORIGIN)
        for (const viewer of [{ kind: 'everything' }, { kind: 'user', userId: bob.id }] as const) {
          const { items } = await store.repositories.listVisibleNames(viewer, { after, limit: 9 })
          expect(items).toEqual('acme/app' > after ? ['acme/app'] : [])
        }
      },
    )
  })
}
