import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { RepositoryId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { RepositoryChanges, Viewer } from '../../../storage/metadata/repositories.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import {
  APP,
  createUser,
  digestOf,
  getRepository,
  historyOf,
  idOf,
  LATEST,
  link,
  ORIGIN,
  put,
  WEB,
} from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const ABSENT = 999 as RepositoryId

const everything = { kind: 'everything' } as const
const anonymous = { kind: 'anonymous' } as const

async function namesSeenBy(store: MetadataStore, viewer: Viewer): Promise<readonly string[]> {
  const { items } = await store.repositories.listVisible(viewer, { after: undefined, limit: 100 })
  return items.map(({ name }) => name)
}

async function publish(store: MetadataStore, id: RepositoryId): Promise<void> {
  await store.repositories.update(id, { visibility: 'public' }, ORIGIN)
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
      const before = await getRepository(store)
      const published = { ...before, visibility: 'public', version: before.version + 1 } as const
      const update = (changes: RepositoryChanges) => store.repositories.update(before.id, changes, ORIGIN)
      expect(await update({ visibility: 'public' })).toEqual({ kind: 'updated', repository: published })
      expect(await getRepository(store)).toEqual(published)
      expect(await update({})).toMatchObject({ repository: { visibility: 'public', version: before.version + 2 } })
      expect(await update({ visibility: 'private' })).toMatchObject({ repository: { visibility: 'private' } })
      expect(await store.repositories.update(ABSENT, { visibility: 'public' }, ORIGIN)).toEqual({ kind: 'absent' })
    })

    it('are not changed by whoever has not seen the last change; a push is none', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id, version } = await getRepository(store)
      await put(store, 'another image')
      expect(await store.repositories.update(id, { visibility: 'public' }, ORIGIN, version)).toMatchObject({
        kind: 'updated',
        repository: { version: version + 1 },
      })
      const trail = await readTrail(store)
      const changes = { visibility: 'private', name: WEB } as const
      expect(await store.repositories.update(id, changes, ORIGIN, version)).toEqual({ kind: 'stale' })
      expect(await getRepository(store)).toMatchObject({ id, visibility: 'public' })
      expect(await readTrail(store)).toEqual(trail)
    })

    it('are renamed within their namespace, with all that is in them, unless another has the name', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image', { tags: [LATEST] })
      const before = await getRepository(store)
      const repository = { ...before, name: WEB, version: before.version + 1 }
      expect(await store.repositories.update(before.id, { name: WEB }, ORIGIN)).toEqual({ kind: 'updated', repository })
      expect(await store.repositories.find(APP)).toBeUndefined()
      expect(await getRepository(store, WEB)).toEqual(repository)
      expect(await store.manifests.resolve(before.id, { kind: 'tag', tag: LATEST })).toMatchObject({ digest })

      const other = parseRepositoryName('acme/other')
      await put(store, 'image', { repository: other })
      expect(await store.repositories.update(before.id, { name: other }, ORIGIN)).toEqual({ kind: 'name-taken' })
      const elsewhere = parseRepositoryName('globex/web')
      await expect(store.repositories.update(before.id, { name: elsewhere }, ORIGIN)).rejects.toThrow(/namespace/)
      expect(await getRepository(store, WEB)).toEqual(repository)
    })

    it('leave a trail that says what changed, with both names', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id, ownerId } = await getRepository(store)
      await store.repositories.update(id, { visibility: 'public', name: WEB }, ORIGIN)
      const [event] = await readTrail(store)
      expect(event).toMatchObject({ action: 'repository.updated', object: APP, ownerId, origin: ORIGIN })
      expect(event?.detail).toEqual({ visibility: 'public', name: { from: APP, to: WEB } })
    })

    it('begin with the visibility that their namespace wants', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      await store.accounts.update(alice.id, { defaultVisibility: 'public' }, ORIGIN)
      const [first, second] = [parseRepositoryName('alice/first'), parseRepositoryName('alice/second')]
      await put(store, 'image', { repository: first })
      expect(await getRepository(store, first)).toMatchObject({ visibility: 'public', ownerId: alice.id })
      const created = (await readTrail(store)).find(({ action }) => action === 'repository.created')
      expect(created?.detail).toEqual({ visibility: 'public' })
      await store.accounts.update(alice.id, { defaultVisibility: 'private' }, ORIGIN)
      await link(store, 'a layer', second)
      expect(await getRepository(store, second)).toMatchObject({ visibility: 'private' })
      expect(await getRepository(store, first)).toMatchObject({ visibility: 'public' })
    })

    it('are created without a push, once, and are in lists from the first push on', async () => {
      const { store } = underTest()
      await put(store, 'image', { repository: WEB })
      const { ownerId } = await getRepository(store, WEB)
      const created = await store.repositories.create(APP, { visibility: 'public', description: 'The shop' }, ORIGIN)
      expect(created).toEqual({ kind: 'created', repository: await getRepository(store) })
      expect(await getRepository(store)).toMatchObject({
        name: APP,
        ownerId,
        visibility: 'public',
        description: 'The shop',
        pushedAt: undefined,
      })
      const [event] = await readTrail(store)
      expect(event).toMatchObject({ action: 'repository.created', object: APP, ownerId, origin: ORIGIN })
      expect(event?.detail).toEqual({ visibility: 'public', description: 'The shop' })
      const trail = await readTrail(store)
      const again = await store.repositories.create(APP, { visibility: 'private' }, ORIGIN)
      expect(again).toEqual({ kind: 'exists', repository: await getRepository(store) })
      expect(await readTrail(store)).toEqual(trail)
      expect(await namesSeenBy(store, anonymous)).toEqual([])
      await put(store, 'image')
      expect(await namesSeenBy(store, anonymous)).toEqual([APP])
    })

    it('are created together with the organization that is missing, with what it wants', async () => {
      const { store } = underTest()
      const { kind, repository } = await store.repositories.create(parseRepositoryName('globex/app'), {}, ORIGIN)
      expect(kind).toBe('created')
      expect(repository).toMatchObject({ visibility: 'private', description: '' })
      expect(await store.accounts.resolveName('globex')).toMatchObject({
        kind: 'organization',
        id: repository.ownerId,
      })
    })

    it('are listed by what their names begin with, in pages', async () => {
      const { store } = underTest()
      for (const name of ['acme/web', 'acme/web-1', 'acme/web/2', 'acme/wec', 'acmf/web']) {
        await put(store, 'image', { repository: parseRepositoryName(name) })
      }
      const list = (prefix: string, after?: string, limit = 100) =>
        store.repositories.listVisible(everything, { prefix, after, limit })
      const namesOf = (page: Awaited<ReturnType<typeof list>>) => page.items.map(({ name }) => name)
      expect(namesOf(await list('acme/web'))).toEqual(['acme/web', 'acme/web-1', 'acme/web/2'])
      expect(namesOf(await list('acme/web/'))).toEqual(['acme/web/2'])
      expect(namesOf(await list('b'))).toEqual([])
      const first = await list('acme/web', undefined, 2)
      expect(first.next).toBe('acme/web-1')
      expect(namesOf(await list('acme/web', first.next, 2))).toEqual(['acme/web/2'])
      expect((await list('acme/web', first.next, 1)).next).toBeUndefined()
    })

    it('are located by their name, and where there is none, the account whose name it would be', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const repository = await getRepository(store)
      const { ownerId } = repository
      expect(await store.repositories.locate(APP)).toEqual({ name: APP, repository, ownerId })
      expect(await store.repositories.locate(WEB)).toEqual({ name: WEB, repository: undefined, ownerId })
      const nobodys = parseRepositoryName('nobody/app')
      expect(await store.repositories.locate(nobodys)).toEqual({
        name: nobodys,
        repository: undefined,
        ownerId: undefined,
      })
    })

    it('are listed to whoever may pull them, and to nobody else', async () => {
      const { store } = underTest()
      const alice = await createUser(store, 'alice')
      const bob = await createUser(store, 'bob')
      for (const name of ['alice/private', 'alice/public', 'bob/private', 'acme/public', 'acme/private']) {
        const repository = parseRepositoryName(name)
        await put(store, 'image', { repository })
        if (name.endsWith('public')) {
          await publish(store, await idOf(store, repository))
        }
      }
      expect(await namesSeenBy(store, anonymous)).toEqual(['acme/public', 'alice/public'])
      expect(await namesSeenBy(store, { kind: 'user', userId: alice.id })).toEqual([
        'acme/public',
        'alice/private',
        'alice/public',
      ])
      expect(await namesSeenBy(store, { kind: 'user', userId: bob.id })).toEqual([
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
          await publish(store, await idOf(store, published))
          const own = parseRepositoryName(`alice/own-${each}`)
          await put(store, 'image', { repository: own })
          expected.push(published, own)
        }
        const viewer = { kind: 'user', userId: alice.id } as const
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
      expect(await store.repositories.delete(id, ORIGIN)).toEqual({ kind: 'deleted' })
      expect(await store.repositories.delete(id, ORIGIN)).toEqual({ kind: 'absent' })

      expect(await store.repositories.find(APP)).toBeUndefined()
      expect(await namesSeenBy(store, everything)).toEqual([WEB])
      expect(await store.manifests.resolve(id, { kind: 'tag', tag: LATEST })).toBeUndefined()
      expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toBeUndefined()
      expect(await store.blobLinks.find(id, blob)).toBeUndefined()
      expect(await historyOf(store, id)).toEqual([])

      const webId = await idOf(store, WEB)
      expect(await store.manifests.resolve(webId, { kind: 'tag', tag: LATEST })).toMatchObject({ digest })
      expect(await store.blobLinks.find(webId, blob)).toBeDefined()
    })

    it('that come back under the same name are others: a new identity, private, and empty', async () => {
      const { store } = underTest()
      await put(store, 'image', { tags: [LATEST] })
      const before = await getRepository(store)
      await publish(store, before.id)
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
