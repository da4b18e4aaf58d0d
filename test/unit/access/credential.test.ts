import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { parseRepositoryPattern } from '../../../oci/repository-pattern.ts'
import {
  ANONYMOUS,
  exchangedCredential,
  type NamedRepository,
  robotUsername,
  subjectKey,
  subjectName,
  userCredential,
  viewerOf,
} from '../../../server/access/credential.ts'
import { narrowingOf } from '../../../server/access/tokens.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import type { AccessTokenId } from '../../../storage/metadata/identities.ts'
import type { Robot } from '../../../storage/metadata/robots.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { createOrganization, createUser } from '../../contract/metadata/sample-content.ts'
import { byPassword, bySecret, createRobot } from './sample-rights.ts'

const PATTERN = parseRepositoryPattern('acme/web-*')
const TOKEN = { kind: 'access-token', id: 5 as AccessTokenId } as const

let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>
let alice: Account
let ci: Robot

beforeAll(async () => {
  underTest = await openSqliteUnderTest()
  const { store } = underTest
  alice = await createUser(store, 'alice')
  ci = (await createRobot(store, await createOrganization(store, 'acme'), 'ci', ['**: push'])).robot
})

afterAll(() => underTest.close())

/** A repository that was never renamed. */
function named(text: string): NamedRepository {
  const name = parseRepositoryName(text)
  return { asked: name, name }
}

describe('lists are made for', () => {
  test('anonymous', () => {
    expect(viewerOf(ANONYMOUS)).toEqual({ kind: 'anonymous' })
    const token = exchangedCredential(ANONYMOUS, narrowingOf({ access: [], keepsCatalog: true }))
    expect(viewerOf(token)).toEqual({ kind: 'anonymous' })
  })

  test('users, of what is theirs, and auditors and admins, of everything', () => {
    expect(viewerOf(byPassword(alice))).toEqual({ kind: 'user', userId: alice.id, within: undefined })
    for (const role of ['auditor', 'admin'] as const) {
      expect(viewerOf(byPassword({ ...alice, role }))).toEqual({ kind: 'everything', within: undefined })
    }
  })

  test('robots, of what was granted to them', () => {
    expect(viewerOf(bySecret(ci))).toEqual({ kind: 'robot', robotId: ci.id, within: undefined })
  })

  test('access tokens, within the patterns of their scopes, be they of an admin', () => {
    const scopes = [{ pattern: PATTERN, permission: 'push' }] as const
    expect(viewerOf(userCredential(alice, TOKEN, scopes))).toEqual({
      kind: 'user',
      userId: alice.id,
      within: [PATTERN],
    })
    expect(viewerOf(userCredential({ ...alice, role: 'admin' }, TOKEN, scopes))).toEqual({
      kind: 'everything',
      within: [PATTERN],
    })
    expect(viewerOf(userCredential(alice, TOKEN, []))).toMatchObject({ within: [] })
  })

  test('a JWT for the catalogue, within what the credential behind it may see', () => {
    const catalog = narrowingOf({ access: [], keepsCatalog: true })
    const scoped = userCredential(alice, TOKEN, [{ pattern: PATTERN, permission: 'pull' }])
    expect(viewerOf(exchangedCredential(scoped, catalog))).toEqual(viewerOf(scoped))
    expect(viewerOf(exchangedCredential(byPassword(alice), catalog))).toEqual(viewerOf(byPassword(alice)))
  })
})

describe('a subject', () => {
  test('has a name to show: a robot’s with its organization’s, anonymous none', () => {
    expect(subjectName(ANONYMOUS.subject)).toBe('')
    expect(subjectName(byPassword(alice).subject)).toBe('alice')
    expect(subjectName(bySecret(ci).subject)).toBe('acme+ci')
    expect(robotUsername({ organizationName: 'renamed', name: 'ci' })).toBe('renamed+ci')
  })

  test('is bound to uploads by identity, not by name, and never takes those of another kind of subject', async () => {
    const users = [alice, await createUser(underTest.store, 'anonymous'), await createUser(underTest.store, 'robot')]
    const subjects = [ANONYMOUS, ...users.map(byPassword), bySecret(ci)].map(({ subject }) => subject)
    expect(new Set(subjects.map(subjectKey)).size).toBe(subjects.length)
    expect(subjectKey({ kind: 'user', account: { ...alice, name: 'renamed' } })).toBe(
      subjectKey(byPassword(alice).subject),
    )
    // A robot and a user with the same number are not the same.
    const robot = { ...ci, id: Number(alice.id) as typeof ci.id }
    expect(subjectKey({ kind: 'robot', robot })).not.toBe(subjectKey(byPassword(alice).subject))
  })
})

describe('what is left of a subject’s rights', () => {
  test('is everything by a password or a token without scopes', () => {
    expect(byPassword(alice).narrowing).toBeUndefined()
    expect(userCredential(alice, TOKEN).narrowing).toBeUndefined()
  })

  test('is what one of an access token’s scopes covers, up to its permission', () => {
    const { narrowing } = userCredential(alice, TOKEN, [
      { pattern: PATTERN, permission: 'push' },
      { pattern: parseRepositoryPattern('acme/web-api'), permission: 'admin' },
    ])
    expect(narrowing?.keeps('push', named('acme/web-shop'))).toBe(true)
    expect(narrowing?.keeps('maintain', named('acme/web-shop'))).toBe(false)
    expect(narrowing?.keeps('admin', named('acme/web-api'))).toBe(true)
    expect(narrowing?.keeps('pull', named('acme/api'))).toBe(false)
    expect(narrowing?.keepsCatalog).toBe(true)
  })

  test('goes by the name that a repository has, not by the one that it was asked for', () => {
    const { narrowing } = userCredential(alice, TOKEN, [{ pattern: PATTERN, permission: 'push' }])
    const [covered, other] = [parseRepositoryName('acme/web-api'), parseRepositoryName('acme/api')]
    expect(narrowing?.keeps('pull', { asked: other, name: covered })).toBe(true)
    expect(narrowing?.keeps('pull', { asked: covered, name: other })).toBe(false)
  })

  test('is nothing with scopes that are none: an empty list is not the same as no list', () => {
    expect(userCredential(alice, TOKEN, []).narrowing?.keeps('pull', named('alice/app'))).toBe(false)
  })

  test('is, by a JWT, what both it and the credential behind it keep (S02)', () => {
    const scoped = userCredential(alice, TOKEN, [{ pattern: PATTERN, permission: 'pull' }])
    const access = ['acme/web-api', 'acme/api'].map((name) => ({
      name: parseRepositoryName(name),
      actions: ['pull', 'push'] as const,
    }))
    const token = exchangedCredential(scoped, narrowingOf({ access, keepsCatalog: false }))
    expect(token).toMatchObject({ subject: scoped.subject, proof: TOKEN, exchangedFor: scoped })
    expect(token.narrowing?.keeps('pull', named('acme/web-api'))).toBe(true)
    expect(token.narrowing?.keeps('push', named('acme/web-api'))).toBe(false)
    expect(token.narrowing?.keeps('pull', named('acme/api'))).toBe(false)
    expect(token.narrowing?.keeps('pull', named('acme/web-shop'))).toBe(false)
    expect(token.narrowing?.keepsCatalog).toBe(false)
  })
})
