import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Viewer } from '../../storage/metadata/repositories.ts'
import { EVERYTHING } from './metadata/audit-log.ts'
import { openSqliteUnderTest } from './metadata/open-sqlite.ts'
import { slowdown } from './metadata/page-costs.ts'
import { createRobot, createTeam, give } from './metadata/sample-access.ts'
import { createOrganization, createUser, digestOf, getRepository, ORIGIN, put } from './metadata/sample-content.ts'
import { describeMetadataStore } from './metadata-store.ts'

describeMetadataStore('SQLite', openSqliteUnderTest)

/**
 * Lists that would take too many pushes to fill: the rows are written past the store. In the small database there are
 * 500 of each, in the large one 50,000.
 */
describe('the cost of a page in SQLite', () => {
  let small: Populated
  let large: Populated

  beforeAll(async () => {
    small = await openPopulated(500)
    large = await openPopulated(50_000)
  })

  afterAll(async () => {
    await small.underTest.close()
    await large.underTest.close()
  })

  const firstPage = { after: undefined, limit: 100 }

  it('of all repositories is the same for 500 and for 50,000 of them', async () => {
    const viewer = { kind: 'everything' } as const
    const last = { after: 'globex/app-049800', limit: 100 }
    const ratio = await slowdown([
      () => small.underTest.store.repositories.listVisible(viewer, firstPage),
      () => large.underTest.store.repositories.listVisible(viewer, firstPage),
      () => large.underTest.store.repositories.listVisible(viewer, last),
    ])
    expect(ratio).toBeLessThan(10)
  })

  it('of public repositories does not grow with the private ones between them', async () => {
    const viewer = { kind: 'anonymous' } as const
    const ratio = await slowdown([
      () => small.underTest.store.repositories.listVisible(viewer, firstPage),
      () => large.underTest.store.repositories.listVisible(viewer, firstPage),
    ])
    expect(ratio).toBeLessThan(10)
  })

  it('of the repositories that a user may pull does not grow with those of others', async () => {
    const readOf = ({ underTest, zoe }: Populated) => {
      return () => underTest.store.repositories.listVisible({ kind: 'user', userId: zoe.id }, firstPage)
    }
    const { items } = await readOf(large)()
    expect(items.map(({ name }) => name)).toEqual(['zoe/own', 'zoe/public'])
    expect(await slowdown([readOf(small), readOf(large)])).toBeLessThan(10)
  })

  it('of what grants cover does not grow with what they do not cover, nor with the grants of others', async () => {
    const viewerOf = (holder: Holder): Viewer =>
      holder.kind === 'user' ? { kind: 'user', userId: holder.id } : { kind: 'robot', robotId: holder.id }
    for (const kind of ['amy', 'ci'] as const) {
      const readOf = (populated: Populated, after?: string) => () => {
        return populated.underTest.store.repositories.listVisible(viewerOf(populated[kind]), { after, limit: 100 })
      }
      const { items } = await readOf(large)()
      expect(items.map(({ name }) => name)).toEqual([
        ...Array.from({ length: 10 }, (_, index) => `globex/app-00012${index}`),
        'globex/app-000400',
        'zoe/public',
      ])
      const ratio = await slowdown([readOf(small), readOf(large), readOf(large, 'globex/app-000200')])
      expect(ratio).toBeLessThan(10)
    }
  })

  it('of deciding is the same among 500 grants of others and among 50,000', async () => {
    for (const kind of ['amy', 'ci', 'zoe'] as const) {
      const readOf = ({ underTest, globexId, ...holders }: Populated) => {
        return () => underTest.store.rights.grantsCovering(globexId, 'app-000123', holders[kind])
      }
      expect(await readOf(large)()).toHaveLength(kind === 'zoe' ? 0 : 1)
      expect(await slowdown([readOf(small), readOf(large)])).toBeLessThan(10)
    }
  })

  it('of the grants of an organization is the same for 500 and for 50,000 of them', async () => {
    const readOf = ({ underTest, globexId }: Populated, after?: string) => {
      return () => underTest.store.grants.list(globexId, undefined, { after, limit: 100 })
    }
    expect(await slowdown([readOf(small), readOf(large), readOf(large, '49000')])).toBeLessThan(10)
  })

  it('of the referrers of a manifest is the same for 500 and for 50,000 of them', async () => {
    const request = { subject: digestOf('the image'), artifactTypes: [], after: undefined, limit: 100 }
    const readOf = ({ underTest, repositoryId }: Populated) => {
      return () => underTest.store.manifests.listReferrers(repositoryId, request)
    }
    expect(await slowdown([readOf(small), readOf(large)])).toBeLessThan(10)
  })

  it('of accounts is the same for 500 and for 50,000 of them', async () => {
    const ratio = await slowdown([
      () => small.underTest.store.accounts.listUsers(firstPage),
      () => large.underTest.store.accounts.listUsers({ after: 'user-049800', limit: 100 }),
    ])
    expect(ratio).toBeLessThan(10)
  })

  it('of the audit trail is the same for 500 and for 50,000 events', async () => {
    const ratio = await slowdown([
      () => small.underTest.store.auditLog.list(EVERYTHING, firstPage),
      () => large.underTest.store.auditLog.list(EVERYTHING, firstPage),
      () => large.underTest.store.auditLog.list(EVERYTHING, { after: '200', limit: 100 }),
    ])
    expect(ratio).toBeLessThan(10)
  })
})

type Populated = Awaited<ReturnType<typeof openPopulated>>

type Holder = Populated['amy' | 'ci']

/**
 * A store with so many private repositories and grants of an organization, of which amy and a robot have very few, and
 * so many referrers of one image, accounts and audit events; zoe has none of all this, but repositories of her own.
 */
async function openPopulated(count: number) {
  const underTest = await openSqliteUnderTest()
  const { store, path } = underTest
  const [amy, bob, zoe] = [
    await createUser(store, 'amy'),
    await createUser(store, 'bob'),
    await createUser(store, 'zoe'),
  ]
  const { id: globexId } = await createOrganization(store, 'globex')
  await store.accounts.update(globexId, { basePermission: 'none' }, ORIGIN)
  const team = await createTeam(store, globexId, 'team', [amy.id])
  const robot = await createRobot(store, globexId, 'ci')
  for (const holder of [{ kind: 'team', id: team.id } as const, { kind: 'robot', id: robot.id } as const]) {
    for (const pattern of ['app-00012*', 'app-000400', 'app-000400-*']) await give(store, globexId, holder, pattern)
  }
  await put(store, 'the image')
  const { id: repositoryId } = await getRepository(store)
  const numbers = `WITH RECURSIVE number (n, text) AS (
    VALUES (0, '000000') UNION ALL SELECT n + 1, printf('%06d', n + 1) FROM number WHERE n + 1 < ${count})`
  const db = new SqliteDatabase(path)
  db.pragma('synchronous = OFF')
  db.exec(`
    ${numbers} INSERT INTO repository (account_id, name, visibility, created_at, pushed_at)
      SELECT ${globexId}, 'globex/app-' || text, 'private', 1, 1 FROM number;
    ${numbers} INSERT INTO access_grant (organization_id, user_id, pattern, prefix, permission, created_at)
      SELECT ${globexId}, ${bob.id}, 'app-' || text, 'app-' || text, 'pull', 1 FROM number;
    INSERT INTO repository (account_id, name, visibility, created_at, pushed_at) VALUES
      (${zoe.id}, 'zoe/own', 'private', 1, 1), (${zoe.id}, 'zoe/public', 'public', 1, 1);
    ${numbers} INSERT INTO account (kind, name, created_at) SELECT 'user', 'user-' || text, 1 FROM number;
    ${numbers} INSERT INTO manifest (repository_id, digest, media_type, subject_digest, referrer_descriptor, pushed_at, bytes)
      SELECT ${repositoryId}, 'sha256:' || text, 'x', '${digestOf('the image')}', '{}', 1, x'00' FROM number;
    ${numbers} INSERT INTO audit_event (at, action, object, account_name, credential, address, request_id, detail)
      SELECT 1, 'tag.deleted', 'acme/app:' || text, 'bob', 'password', '', '', '{}' FROM number;`)
  db.close()
  return {
    underTest,
    repositoryId,
    globexId,
    amy: { kind: 'user', id: amy.id } as const,
    zoe: { kind: 'user', id: zoe.id } as const,
    ci: { kind: 'robot', id: robot.id } as const,
  }
}
