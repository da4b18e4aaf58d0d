import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { ANONYMOUS, type Credential, exchangedCredential, userCredential } from '../../../server/access/credential.ts'
import { createPolicy, type Policy } from '../../../server/access/policy.ts'
import { narrowingOf } from '../../../server/access/tokens.ts'
import type { AccessToken } from '../../../storage/metadata/access-tokens.ts'
import type { Account } from '../../../storage/metadata/accounts.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import {
  createOrganization,
  createUser,
  idOf,
  ORIGIN,
  renameAccount,
  renameRepository,
} from '../../contract/metadata/sample-content.ts'
import {
  allowed,
  byPassword,
  bySecret,
  createAccessToken,
  createRepository,
  createRobot,
  giveGrant,
  upTo,
} from './sample-rights.ts'

let underTest: Awaited<ReturnType<typeof openSqliteUnderTest>>
let store: MetadataStore
let policy: Policy
let bob: Account
let admin: Credential

beforeEach(async () => {
  underTest = await openSqliteUnderTest()
  store = underTest.store
  policy = createPolicy(store)
  bob = await createUser(store, 'bob')
  admin = byPassword(await createUser(store, 'adam', 'admin'))
})

afterEach(() => underTest.close())

describe('a namespace that is nobody’s yet', () => {
  test('is for an administrator of the instance to fill, and for nobody else', async () => {
    const { robot } = await createRobot(store, await createOrganization(store, 'acme'), 'ci', ['**: admin'])
    const auditor = byPassword(await createUser(store, 'audrey', 'auditor'))
    expect(await allowed(policy, admin, 'future/app')).toEqual(upTo('admin'))
    expect(await allowed(policy, auditor, 'future/app')).toEqual(['pull'])
    for (const credential of [ANONYMOUS, byPassword(bob), bySecret(robot)]) {
      expect(await allowed(policy, credential, 'future/app')).toEqual([])
    }
    expect(await policy.authorize(admin, 'push', parseRepositoryName('future/app'))).toEqual({
      allowed: true,
      place: { name: 'future/app', repository: undefined, ownerId: undefined },
    })
  })

  test.each(['api', 'v2', 'token', 'admin', 'library'])(
    'cannot come to be by the reserved name %s',
    async (namespace) => {
      const name = parseRepositoryName(`${namespace}/app`)
      for (const permission of ['push', 'maintain', 'admin'] as const) {
        expect(await policy.authorize(admin, permission, name)).toMatchObject({
          allowed: false,
          reason: 'reserved-name',
        })
        expect(await policy.authorize(byPassword(bob), permission, name)).toMatchObject({
          allowed: false,
          reason: 'no-right',
        })
      }
      // To look there is no mistake: there is nothing.
      expect(await policy.authorize(admin, 'pull', name)).toMatchObject({ allowed: true })
    },
  )

  test('is filled under a reserved name all the same when the instance itself has made it', async () => {
    await store.accounts.ensureOrganization('library', ORIGIN)
    expect(await allowed(policy, admin, 'library/nginx')).toEqual(upTo('admin'))
    expect(await allowed(policy, byPassword(bob), 'library/nginx')).toEqual([])
  })
})

describe('after an account was renamed', () => {
  let acme: Account

  beforeEach(async () => {
    acme = await createOrganization(store, 'acme')
    await createRepository(store, 'acme/web')
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'web*: push')
    await renameAccount(store, acme.id, 'ajax')
  })

  test.each(['ajax', 'acme'])('what was granted counts, asked by the name %s', async (namespace) => {
    expect(await allowed(policy, byPassword(bob), `${namespace}/web`)).toEqual(upTo('push'))
    expect(await allowed(policy, byPassword(bob), `${namespace}/web-new`)).toEqual(upTo('push'))
    expect(await allowed(policy, byPassword(bob), `${namespace}/api`)).toEqual([])
    const { allowed: isAllowed, place } = await policy.authorize(
      byPassword(bob),
      'push',
      parseRepositoryName(`${namespace}/web`),
    )
    expect({ isAllowed, name: place.name, ownerId: place.ownerId }).toEqual({
      isAllowed: true,
      name: 'ajax/web',
      ownerId: acme.id,
    })
  })

  test('a JWT that carries the old name works when asked by the old name, and no other does', async () => {
    const old = [{ name: parseRepositoryName('acme/web'), actions: ['pull', 'push'] as const }]
    const token = exchangedCredential(byPassword(bob), narrowingOf({ access: old, keepsCatalog: false }))
    expect(await allowed(policy, token, 'acme/web')).toEqual(upTo('push'))
    expect(await allowed(policy, token, 'ajax/web')).toEqual([])
    expect(await allowed(policy, token, 'acme/web-new')).toEqual([])
    const present = [{ name: parseRepositoryName('ajax/web'), actions: ['pull'] as const }]
    const newer = exchangedCredential(byPassword(bob), narrowingOf({ access: present, keepsCatalog: false }))
    expect(await allowed(policy, newer, 'ajax/web')).toEqual(['pull'])
    expect(await allowed(policy, newer, 'acme/web')).toEqual(['pull'])
  })

  test('whoever takes the name later has it without what was granted under it', async () => {
    underTest.clock.advance(365 * 24 * 60 * 60 * 1000)
    await createOrganization(store, 'acme')
    await createRepository(store, 'acme/web')
    expect(await allowed(policy, byPassword(bob), 'acme/web')).toEqual([])
    expect(await allowed(policy, byPassword(bob), 'ajax/web')).toEqual(upTo('push'))
  })
})

test('a user’s namespace stays their own under its old name', async () => {
  await createRepository(store, 'bob/app')
  const renamed = byPassword(await renameAccount(store, bob.id, 'robert'))
  for (const name of ['bob/app', 'robert/app', 'bob/new', 'robert/new']) {
    expect(await allowed(policy, renamed, name)).toEqual(upTo('admin'))
  }
})

describe('after a repository was renamed', () => {
  beforeEach(async () => {
    const acme = await createOrganization(store, 'acme')
    await createRepository(store, 'acme/web')
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'web: maintain')
    await giveGrant(store, acme, { kind: 'user', id: bob.id }, 'site-*: pull')
  })

  /** As the token is stored now. */
  async function credentialOf({ id }: AccessToken): Promise<Credential> {
    const token = await store.accessTokens.findById(id)
    return userCredential(bob, { kind: 'access-token', id }, token?.scopes)
  }

  test('rights follow the present name, by whichever it is asked for', async () => {
    const { token: exact } = await createAccessToken(store, bob, ['acme/web: push'])
    const { token: pattern } = await createAccessToken(store, bob, ['acme/w*: push'])
    expect(await allowed(policy, await credentialOf(pattern), 'acme/web')).toEqual(upTo('push'))
    await renameRepository(store, await idOf(store, parseRepositoryName('acme/web')), parseRepositoryName('acme/shop'))
    for (const name of ['acme/web', 'acme/shop']) {
      // What names this very repository goes with it; a pattern means the names that it covers.
      expect(await allowed(policy, byPassword(bob), name)).toEqual(upTo('maintain'))
      expect(await allowed(policy, await credentialOf(exact), name)).toEqual(upTo('push'))
      expect(await allowed(policy, await credentialOf(pattern), name)).toEqual([])
    }
  })

  test('a JWT that carries the old name works when asked by the old name, for as much as is left of the right', async () => {
    const name = parseRepositoryName('acme/web')
    const access = [{ name, actions: ['pull', 'push'] as const }]
    const token = exchangedCredential(byPassword(bob), narrowingOf({ access, keepsCatalog: false }))
    await renameRepository(store, await idOf(store, name), parseRepositoryName('acme/site-a'))
    expect(await allowed(policy, token, 'acme/web')).toEqual(upTo('push'))
    expect(await allowed(policy, token, 'acme/site-a')).toEqual([])
    const holder = { kind: 'user', id: bob.id } as const
    const ownerId = (await store.repositories.locate(name)).ownerId
    if (ownerId === undefined) throw new Error('acme/web leads nowhere')
    const [exact] = (await store.grants.list(ownerId, holder, { after: undefined, limit: 1 })).items
    if (exact === undefined) throw new Error('bob was granted nothing')
    await store.grants.delete(ownerId, exact.id, ORIGIN)
    expect(await allowed(policy, token, 'acme/web')).toEqual(['pull'])
  })
})
