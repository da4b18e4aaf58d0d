import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import { APP, createUser, digestOf, getRepository, idOf, link, ORIGIN, put, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** Which repository has which blob. */
export function describeBlobLinks(underTest: () => MetadataStoreUnderTest): void {
  describe('blob links', () => {
    it('are found in the repository they were made in, and in no other', async () => {
      const { store } = underTest()
      const digest = await link(store, 'a layer')
      await link(store, 'another', WEB)
      expect(await store.blobLinks.find(await idOf(store), digest)).toEqual({ digest, size: 7 })
      expect(await store.blobLinks.find(await idOf(store, WEB), digest)).toBeUndefined()
      expect(await store.blobLinks.find(await idOf(store), digestOf('absent'))).toBeUndefined()
    })

    it('create the repository of a first push: private, and in no list before it has a manifest', async () => {
      const { store } = underTest()
      await link(store, 'a layer')
      expect(await getRepository(store)).toMatchObject({ visibility: 'private', pushedAt: undefined })
      expect(
        (await store.repositories.listVisible({ kind: 'everything' }, { after: undefined, limit: 9 })).items,
      ).toEqual([])
    })

    it('into a namespace that is a user’s belong to that user', async () => {
      const { store } = underTest()
      const user = await createUser(store, 'acme')
      await link(store, 'a layer')
      expect(await getRepository(store)).toMatchObject({ ownerId: user.id })
    })

    it('may be made twice: nothing changes', async () => {
      const { store } = underTest()
      const digest = await link(store, 'a layer')
      const before = await getRepository(store)
      await link(store, 'a layer')
      expect(await getRepository(store)).toEqual(before)
      expect(await store.blobLinks.unlink(before.id, digest, ORIGIN)).toEqual({ kind: 'unlinked' })
      expect(await store.blobLinks.find(before.id, digest)).toBeUndefined()
    })

    it('hold empty blobs and sha512 ones like any other', async () => {
      const { store } = underTest()
      for (const blob of [
        { digest: digestOf(''), size: 0 },
        { digest: digestOf('long', 'sha512'), size: 4 },
        { digest: digestOf('huge'), size: Number.MAX_SAFE_INTEGER },
      ]) {
        await store.blobLinks.link(APP, blob, ORIGIN)
        expect(await store.blobLinks.find(await idOf(store), blob.digest)).toEqual(blob)
      }
    })

    it('take the size of the newest push, which healed what was damaged', async () => {
      const { store } = underTest()
      const digest = digestOf('healed')
      await store.blobLinks.link(APP, { digest, size: 3 }, ORIGIN)
      await store.blobLinks.link(WEB, { digest, size: 6 }, ORIGIN)
      expect(await store.blobLinks.find(await idOf(store), digest)).toEqual({ digest, size: 6 })
    })

    describe('taken away', () => {
      it('are gone at once, and only there: another repository keeps its own (S04)', async () => {
        const { store } = underTest()
        const digest = await link(store, 'shared', APP)
        await link(store, 'shared', WEB)
        expect(await store.blobLinks.unlink(await idOf(store), digest, ORIGIN)).toEqual({ kind: 'unlinked' })
        expect(await store.blobLinks.find(await idOf(store), digest)).toBeUndefined()
        expect(await store.blobLinks.find(await idOf(store, WEB), digest)).toEqual({ digest, size: 6 })
        // Reading it there brings it back nowhere.
        expect(await store.blobLinks.find(await idOf(store), digest)).toBeUndefined()
      })

      it('cannot be taken twice, nor from a repository that has none', async () => {
        const { store } = underTest()
        const digest = await link(store, 'a layer')
        await link(store, 'another', WEB)
        const id = await idOf(store)
        await store.blobLinks.unlink(id, digest, ORIGIN)
        expect(await store.blobLinks.unlink(id, digest, ORIGIN)).toEqual({ kind: 'not-linked' })
        expect(await store.blobLinks.unlink(await idOf(store, WEB), digest, ORIGIN)).toEqual({ kind: 'not-linked' })
      })

      it.each(['config', 'layer', 'manifest'] as const)(
        'are kept while a manifest of the repository names the blob as a %s',
        async (kind) => {
          const { store } = underTest()
          const digest = await link(store, 'needed')
          const manifest = await put(store, 'image', { references: [{ kind, digest, isRequired: true }] })
          const id = await idOf(store)
          expect(await store.blobLinks.unlink(id, digest, ORIGIN)).toEqual({ kind: 'in-use', manifest })
          expect(await store.blobLinks.find(id, digest)).toBeDefined()

          await store.manifests.delete(id, manifest, ORIGIN)
          expect(await store.blobLinks.unlink(id, digest, ORIGIN)).toEqual({ kind: 'unlinked' })
        },
      )

      it('are not kept for a manifest of another repository', async () => {
        const { store } = underTest()
        const digest = await link(store, 'needed', APP)
        await link(store, 'needed', WEB)
        const references = [{ kind: 'layer', digest, isRequired: true }] as const
        await put(store, 'image', { repository: WEB, references })
        expect(await store.blobLinks.unlink(await idOf(store), digest, ORIGIN)).toEqual({ kind: 'unlinked' })
      })

      it('can be made again', async () => {
        const { store } = underTest()
        const digest = await link(store, 'a layer')
        const id = await idOf(store)
        await store.blobLinks.unlink(id, digest, ORIGIN)
        await link(store, 'a layer')
        expect(await store.blobLinks.find(id, digest)).toEqual({ digest, size: 7 })
      })
    })

    describe('found anywhere, for a mount without a source', () => {
      const everything = { kind: 'everything' } as const
      const anonymous = { kind: 'anonymous' } as const

      it('are found in public repositories by anyone', async () => {
        const { store } = underTest()
        const digest = await link(store, 'a layer')
        expect(await store.blobLinks.findAnywhere(anonymous, digest)).toBeUndefined()
        await store.repositories.update(await idOf(store), { visibility: 'public' }, ORIGIN)
        expect(await store.blobLinks.findAnywhere(anonymous, digest)).toEqual({ digest, size: 7 })
        await store.repositories.update(await idOf(store), { visibility: 'private' }, ORIGIN)
        expect(await store.blobLinks.findAnywhere(anonymous, digest)).toBeUndefined()
      })

      it('are found in private ones by their owner and by those who see everything, by nobody else (S03)', async () => {
        const { store } = underTest()
        const [alice, bob] = [await createUser(store, 'alice'), await createUser(store, 'bob')]
        const digest = await link(store, 'a layer', parseRepositoryName('alice/app'))
        const seenBy = (userId: typeof alice.id) => store.blobLinks.findAnywhere({ kind: 'user', userId }, digest)
        expect(await seenBy(alice.id)).toEqual({ digest, size: 7 })
        expect(await seenBy(bob.id)).toBeUndefined()
        expect(await store.blobLinks.findAnywhere(everything, digest)).toEqual({ digest, size: 7 })
        expect(await store.blobLinks.findAnywhere(anonymous, digest)).toBeUndefined()
      })

      it('are not found any more when the last link is gone, whatever bytes are left', async () => {
        const { store } = underTest()
        const digest = await link(store, 'a layer')
        await store.blobLinks.unlink(await idOf(store), digest, ORIGIN)
        expect(await store.blobLinks.findAnywhere(everything, digest)).toBeUndefined()
        expect(await store.blobLinks.findAnywhere(everything, digestOf('never there'))).toBeUndefined()
      })
    })
  })
}
