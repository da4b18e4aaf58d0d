import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSqliteUnderTest } from './metadata/open-sqlite.ts'
import { slowdown } from './metadata/page-costs.ts'
import { createUser, digestOf, getRepository, put } from './metadata/sample-content.ts'
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
    const last = { after: 'bob/app-049800', limit: 100 }
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
    const ratio = await slowdown(
      [small, large].map(
        ({ underTest, aliceId: accountId }) =>
          () =>
            underTest.store.repositories.listVisible({ kind: 'account', accountId }, firstPage),
      ),
    )
    expect(ratio).toBeLessThan(10)
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
      () => small.underTest.store.accounts.list(firstPage),
      () => large.underTest.store.accounts.list({ after: 'user-049800', limit: 100 }),
    ])
    expect(ratio).toBeLessThan(10)
  })

  it('of the audit trail is the same for 500 and for 50,000 events', async () => {
    const ratio = await slowdown([
      () => small.underTest.store.auditLog.list({ before: undefined, limit: 100 }),
      () => large.underTest.store.auditLog.list({ before: undefined, limit: 100 }),
      () => large.underTest.store.auditLog.list({ before: 200, limit: 100 }),
    ])
    expect(ratio).toBeLessThan(10)
  })
})

type Populated = Awaited<ReturnType<typeof openPopulated>>

/** A store with so many repositories of bob's, referrers of one image, accounts and audit events, and little of alice's. */
async function openPopulated(count: number) {
  const underTest = await openSqliteUnderTest()
  const { store, path } = underTest
  const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
  await put(store, 'the image')
  const { id: repositoryId } = await getRepository(store)
  const numbers = `WITH RECURSIVE number (n, text) AS (
    VALUES (0, '000000') UNION ALL SELECT n + 1, printf('%06d', n + 1) FROM number WHERE n + 1 < ${count})`
  const db = new SqliteDatabase(path)
  db.pragma('synchronous = OFF')
  db.exec(`
    ${numbers} INSERT INTO repository (account_id, name, visibility, created_at, pushed_at)
      SELECT ${bob.id}, 'bob/app-' || text, 'private', 1, 1 FROM number;
    INSERT INTO repository (account_id, name, visibility, created_at, pushed_at) VALUES
      (${alice.id}, 'zoe/own-1', 'private', 1, 1), (${bob.id}, 'zoe/public', 'public', 1, 1);
    ${numbers} INSERT INTO account (kind, name, created_at) SELECT 'user', 'user-' || text, 1 FROM number;
    ${numbers} INSERT INTO manifest (repository_id, digest, media_type, subject_digest, referrer_descriptor, pushed_at, bytes)
      SELECT ${repositoryId}, 'sha256:' || text, 'x', '${digestOf('the image')}', '{}', 1, x'00' FROM number;
    ${numbers} INSERT INTO audit_event (at, action, object, account_name, credential, address, request_id, detail)
      SELECT 1, 'tag.deleted', 'acme/app:' || text, 'bob', 'password', '', '', '{}' FROM number;`)
  db.close()
  return { underTest, repositoryId, aliceId: alice.id }
}
