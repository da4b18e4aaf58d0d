import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { AccountId } from '../../../storage/metadata/identities.ts'
import { beginUpload, createScopedToken, follow } from './named-content.ts'
import {
  APP,
  createOrganization,
  createUser,
  getRepository,
  link,
  ORIGIN,
  put,
  renameAccount,
  renameRepository,
  WEB,
} from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** What happens to the names that repositories had before. */
export function describeFormerRepositoryNames(underTest: () => MetadataStoreUnderTest): void {
  describe('the former name of a repository', () => {
    it('leads to it, however often it and its account were renamed since', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id, ownerId } = await getRepository(store)
      await renameRepository(store, id, WEB)
      await renameAccount(store, ownerId, 'globex')
      await renameRepository(store, id, parseRepositoryName('globex/api'))
      for (const name of ['acme/app', 'acme/web', 'acme/api', 'globex/app', 'globex/web', 'globex/api']) {
        expect(await follow(store, name)).toBe('globex/api')
      }
    })

    it('leads pushes to it, whatever they bring', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id } = await getRepository(store)
      await renameRepository(store, id, WEB)
      const digest = await put(store, 'another image')
      const blob = await link(store, 'a layer')
      expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toBeDefined()
      expect(await store.blobLinks.find(id, blob)).toBeDefined()
      expect(await store.repositories.find(APP)).toBeUndefined()
    })

    it('is taken over by another repository that gets it, and taken back by its own', async () => {
      const { store } = underTest()
      await put(store, 'image')
      await put(store, 'image', { repository: WEB })
      const [app, web] = [await getRepository(store), await getRepository(store, WEB)]
      await renameRepository(store, app.id, parseRepositoryName('acme/api'))
      await renameRepository(store, web.id, APP)
      expect(await getRepository(store)).toMatchObject({ id: web.id })
      expect(await follow(store, 'acme/api')).toBe('acme/api')
      await renameRepository(store, web.id, WEB)
      expect(await follow(store, APP)).toBe(WEB)
      await renameRepository(store, app.id, APP)
      expect(await follow(store, APP)).toBe(APP)
      expect(await getRepository(store)).toMatchObject({ id: app.id })
    })

    it('leads nowhere once the repository is deleted', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id } = await getRepository(store)
      await renameRepository(store, id, WEB)
      await store.repositories.delete(id, ORIGIN)
      expect(await follow(store, APP)).toBeUndefined()
      await put(store, 'image')
      expect(await follow(store, APP)).toBe(APP)
    })

    it('stays in no grant, no scope and no upload of exactly this repository: they follow, and patterns stay', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await put(store, 'image')
      const { id, ownerId } = await getRepository(store)
      const other = await createOrganization(store, 'other')
      const holder = { kind: 'user', id: alice.id } as const
      for (const [organizationId, pattern, permission] of [
        [ownerId, 'app', 'push'],
        [ownerId, 'app*', 'pull'],
        [ownerId, 'web', 'admin'],
        [other.id, 'app', 'maintain'],
      ] as const) {
        await store.grants.put({ organizationId, holder, pattern, permission }, ORIGIN)
      }
      const scopesOf = await createScopedToken(store, alice.id, 'acme/app', 'acme/app*', 'acme/app/more', 'other/app')
      const repositoryOf = await beginUpload(store, APP)
      await renameRepository(store, id, WEB)

      const page = { after: undefined, limit: 10 }
      const grantsOf = async (organization: AccountId) =>
        (await store.grants.list(organization, undefined, page)).items.map(
          ({ pattern, permission }) => `${pattern} ${permission}`,
        )
      expect(await grantsOf(ownerId)).toEqual(['web push', 'app* pull'])
      expect(await grantsOf(other.id)).toEqual(['app maintain'])
      expect(await store.rights.grantsCovering(ownerId, 'web', holder)).toMatchObject([{ permission: 'push' }])
      expect(await scopesOf()).toEqual(['acme/app* push', 'acme/app/more push', 'acme/web push', 'other/app push'])
      expect(await repositoryOf()).toBe(WEB)
    })
  })
}
