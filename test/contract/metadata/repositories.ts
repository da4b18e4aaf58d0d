import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { RepositoryId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { Viewer } from '../../../storage/metadata/repositories.ts'
import { readPages } from './read-pages.ts'
import { APP, createUser, digestOf, getRepository, idOf, LATEST, link, ORIGIN, put, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const everything = { kind: 'everything' } as const
const anonymous = { kind: 'anonymous' } as const

async function namesSeenBy(store: MetadataStore, viewer: Viewer): Promise<readonly string[]> {
  const { items } = await store.repositories.listVisible(viewer, { after: undefined, limit: 100 })
  return items.map(({ name }) => name)
}

/** Repositories: who sees them in lists, and what goes with them. */
export function describeRepositories(underTest: () => MetadataStoreUnderTest): void {
  describe('repositories', () => {
    it('that nobody pushed to are not there', async () => {
      const { store } = underTest()
      expect(await store.repositories.find(APP)).toBeUndefined()
      expect(await namesSeenBy(store, everything)).toEqual([])
    })

    it('become public and private again, and say so', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const id = await idOf(store)
      expect(await store.repositories.setVisibility(id, 'public', ORIGIN)).toMatchObject({ id, visibility: 'public' })
      expect(await getRepository(store)).toMatchObject({ visibility: 'public' })
      expect(await store.repositories.setVisibility(id, 'private', ORIGIN)).toMatchObject({ visibility: 'private' })
      expect(await store.repositories.setVisibility(999 as RepositoryId, 'public', ORIGIN)).toBeUndefined()
    })

    it('are listed to whoever may pull them, and to nobody else', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const bob = await createUser(store, 'bob')
      for (const name of ['alice/private', 'alice/public', 'bob/private', 'acme/public', 'acme/private']) {
        const repository = parseRepositoryName(name)
        await put(store, 'image', { repository })
        if (name.endsWith('public')) {
          await store.repositories.setVisibility(await idOf(store, repository), 'public', ORIGIN)
        }
      }
      expect(await namesSeenBy(store, anonymous)).toEqual(['acme/public', 'alice/public'])
      expect(await namesSeenBy(store, { kind: 'account', accountId: alice.id })).toEqual([
        'acme/public',
        'alice/private',
        'alice/public',
      ])
      expect(await namesSeenBy(store, { kind: 'account', accountId: bob.id })).toEqual([
        'acme/public',
        'alice/public',
        'bob/private',
      ])
      expect(await namesSeenBy(store, everything)).toEqual([
        'acme/private',
        'acme/public',
        'alice/private',
        'alice/public',
        'bob/private',
      ])
    })

    it.each([1, 2, 3, 6, 7])(
      'come in pages of %i, full ones, whatever lies between that nobody may see',
      async (limit) => {
        const { store } = underTest()
        const alice = await createUser(store, 'alice')
        const expected: string[] = []
        for (let each = 0; each < 3; each++) {
          await put(store, 'image', { repository: parseRepositoryName(`acme/hidden-${each}`) })
          const published = parseRepositoryName(`acme/shown-${each}`)
          await put(store, 'image', { repository: published })
          await store.repositories.setVisibility(await idOf(store, published), 'public', ORIGIN)
          const own = parseRepositoryName(`alice/own-${each}`)
          await put(store, 'image', { repository: own })
          expected.push(published, own)
        }
        const viewer = { kind: 'account', accountId: alice.id } as const
        const pages = await readPages((page) => store.repositories.listVisible(viewer, page), limit)
        expect(pages.flat().map(({ name }) => name)).toEqual(expected.sort())
        expect(pages).toHaveLength(Math.ceil(expected.length / limit))
      },
    )

    it('that are deleted are gone with their tags, manifests, referrers and blobs, and leave the others alone', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image', { tags: [LATEST] })
      const blob = await link(store, 'a layer')
      await put(store, 'image', { tags: [LATEST], repository: WEB })
      await link(store, 'a layer', WEB)
      const id = await idOf(store)
      expect(await store.repositories.delete(id, ORIGIN)).toBe(true)
      expect(await store.repositories.delete(id, ORIGIN)).toBe(false)

      expect(await store.repositories.find(APP)).toBeUndefined()
      expect(await namesSeenBy(store, everything)).toEqual([WEB])
      expect(await store.manifests.resolve(id, { kind: 'tag', tag: LATEST })).toBeUndefined()
      expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toBeUndefined()
      expect(await store.blobLinks.find(id, blob)).toBeUndefined()
      expect(await store.tags.history(id, LATEST, 10)).toEqual([])

      const webId = await idOf(store, WEB)
      expect(await store.manifests.resolve(webId, { kind: 'tag', tag: LATEST })).toMatchObject({ digest })
      expect(await store.blobLinks.find(webId, blob)).toBeDefined()
    })

    it('that come back under the same name are others: a new identity, private, and empty', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: [LATEST] })
      const before = await getRepository(store)
      await store.repositories.setVisibility(before.id, 'public', ORIGIN)
      await store.repositories.delete(before.id, ORIGIN)
      await put(store, 'another image')
      const after = await getRepository(store)
      expect(after.id).not.toBe(before.id)
      expect(after.visibility).toBe('private')
      expect(await store.manifests.resolve(after.id, { kind: 'digest', digest: digestOf('image') })).toBeUndefined()
      expect((await store.tags.list(after.id, { after: undefined, limit: 9 })).items).toEqual([])
    })
  })
}
