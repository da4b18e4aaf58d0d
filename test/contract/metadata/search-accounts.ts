import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { Viewer } from '../../../storage/metadata/repositories.ts'
import type { AccountRequest } from '../../../storage/metadata/search-index.ts'
import { createRobot } from './sample-access.ts'
import { createOrganization, createUser, idOf, ORIGIN, put, renameAccount } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

async function find(
  store: MetadataStore,
  match: AccountRequest['match'],
  viewer: Viewer = { kind: 'everything' },
  kind: AccountRequest['kind'] = 'organization',
): Promise<readonly string[]> {
  const found = await store.searchIndex.listAccounts(viewer, { match, kind, after: undefined, limit: 100 })
  return found.map(({ name }) => name)
}

const user = (userId: Awaited<ReturnType<typeof createUser>>['id']) => ({ kind: 'user', userId }) as const

/** Finding users and organizations. */
export function describeSearchAccounts(underTest: () => MetadataStoreUnderTest): void {
  describe('the search for accounts', () => {
    it('finds them by name and display name, from the moment they are there to the moment they are gone', async () => {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme-corp')
      await createUser(store, 'acmelia')
      await store.accounts.update(acme.id, { displayName: 'The Anvil Company' }, ORIGIN)
      expect(await find(store, { how: 'exact', key: 'acmecorp' })).toEqual(['acme-corp'])
      expect(await find(store, { how: 'start', key: 'acm' })).toEqual(['acme-corp'])
      expect(await find(store, { how: 'start', key: 'acm' }, { kind: 'everything' }, 'user')).toEqual(['acmelia'])
      expect(await find(store, { how: 'words', prefixes: ['anv', 'comp'] })).toEqual(['acme-corp'])
      expect(await find(store, { how: 'substring', keys: ['mecor'] })).toEqual(['acme-corp'])
      await renameAccount(store, acme.id, 'initech')
      expect(await find(store, { how: 'exact', key: 'acmecorp' })).toEqual([])
      expect(await find(store, { how: 'exact', key: 'initech' })).toEqual(['initech'])
      await store.accounts.delete(acme.id, ORIGIN)
      expect(await find(store, { how: 'exact', key: 'initech' })).toEqual([])
    })

    it('shows those whom one has to do with, and the owners of what is public', async () => {
      const { store } = underTest()
      const bob = await createUser(store, 'bob')
      const carol = await createUser(store, 'carol')
      const stranger = await createUser(store, 'stranger')
      const mine = await createOrganization(store, 'org-mine', bob.id)
      await store.members.set(mine.id, carol.id, 'member', ORIGIN)
      await createOrganization(store, 'org-theirs')
      const open = await createOrganization(store, 'org-open')
      const robot = await createRobot(store, mine.id, 'ci')
      const published = parseRepositoryName('org-open/app')
      await put(store, 'image', { repository: published })
      const all = { how: 'start', key: 'org' } as const
      expect(await find(store, all, user(bob.id))).toEqual(['org-mine'])
      await store.repositories.update(await idOf(store, published), { visibility: 'public' }, ORIGIN)
      expect(await find(store, all, user(bob.id))).toEqual(['org-mine', 'org-open'])
      expect(await find(store, all, { kind: 'robot', robotId: robot.id })).toEqual(['org-mine', 'org-open'])
      expect(await find(store, all, { ...user(bob.id), within: [] })).toEqual(['org-open'])
      expect(await find(store, all, { kind: 'anonymous' })).toEqual(['org-open'])
      expect(await find(store, all)).toEqual(['org-mine', 'org-theirs', 'org-open'])

      const users = (viewer: Viewer) =>
        Promise.all(['bob', 'carol', 'stranger'].map((key) => find(store, { how: 'exact', key }, viewer, 'user')))
      expect(await users(user(bob.id))).toEqual([['bob'], ['carol'], []])
      expect(await users(user(stranger.id))).toEqual([[], [], ['stranger']])
      expect(await users({ kind: 'anonymous' })).toEqual([[], [], []])
      await store.accounts.update(open.id, { disabled: true }, ORIGIN)
      expect(await find(store, all, user(bob.id))).toEqual(['org-mine'])
    })
  })
}
