import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { AccountId, RepositoryId } from '../../../storage/metadata/identities.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { Viewer } from '../../../storage/metadata/repositories.ts'
import { readPages } from './read-pages.ts'
import { createUser, getRepository, idOf, link, ORIGIN, put, renameRepository } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const NAMES = ['acme/a', 'acme/b', 'acme/c', 'acme/d'].map(parseRepositoryName)
const USERS = ['alice', 'bob', 'carol']
const everything = { kind: 'everything' } as const

type Step =
  | { readonly kind: 'add' | 'remove'; readonly user: number; readonly repository: number }
  | { readonly kind: 'delete-user'; readonly user: number }
  | { readonly kind: 'delete-repository'; readonly repository: number }

const user = fc.nat(USERS.length - 1)
const repository = fc.nat(NAMES.length - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), user, repository }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), user, repository }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete-user' as const), user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete-repository' as const), repository }) },
)

async function listed(store: MetadataStore, userId: AccountId, viewer: Viewer = everything): Promise<string[]> {
  const { items } = await store.stars.list(userId, viewer, { after: undefined, limit: 100 })
  return items.map(({ name }) => name)
}

/** Stars: who likes what, and how many do. */
export function describeStars(underTest: () => MetadataStoreUnderTest): void {
  describe('stars', () => {
    it('are given once, however often, and taken back once', async () => {
      const { store } = underTest()
      const { id: alice } = await createUser(store, 'alice')
      await put(store, 'image')
      const before = await getRepository(store)
      const { id } = before
      expect(await store.stars.has(alice, id)).toBe(false)
      for (let time = 0; time < 2; time++) expect(await store.stars.add(alice, id)).toBe(true)
      expect(await store.stars.has(alice, id)).toBe(true)
      // Nobody's edit: whoever has the page of the repository open can still save it.
      expect(await getRepository(store)).toEqual({ ...before, stars: 1 })
      expect(await store.stars.remove(alice, id)).toBe(true)
      expect(await store.stars.remove(alice, id)).toBe(false)
      expect(await store.stars.has(alice, id)).toBe(false)
      expect(await getRepository(store)).toEqual(before)
    })

    it('are not given to what is gone, nor by who is gone', async () => {
      const { store } = underTest()
      const { id: alice } = await createUser(store, 'alice')
      await put(store, 'image')
      expect(await store.stars.add(alice, 999 as RepositoryId)).toBe(false)
      expect(await store.stars.add(999 as AccountId, await idOf(store))).toBe(false)
      expect((await getRepository(store)).stars).toBe(0)
    })

    it('are as many as the number says, whatever is starred, taken back and deleted', async () => {
      const { store } = underTest()
      let run = 0
      const cases = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        run += 1
        // Names that were given up are held, so each run has users of its own.
        const users = await Promise.all(USERS.map(async (name) => (await createUser(store, `${name}-${run}`)).id))
        for (const name of NAMES) await put(store, 'image', { repository: name })
        const ids = await Promise.all(NAMES.map((name) => idOf(store, name)))
        const stars = new Set<string>()
        const goneUsers = new Set<number>()
        const goneRepositories = new Set<number>()
        const forget = (isMeant: (user: number, repository: number) => boolean) => {
          for (const star of stars) {
            const [ofUser, ofRepository] = star.split(' ').map(Number)
            if (isMeant(ofUser ?? -1, ofRepository ?? -1)) stars.delete(star)
          }
        }
        const idAt = <T>(list: readonly T[], index: number): T => {
          const found = list[index]
          if (found === undefined) throw new Error(`there is nothing at ${index}`)
          return found
        }
        for (const each of steps) {
          if (each.kind === 'delete-user') {
            await store.accounts.delete(idAt(users, each.user), ORIGIN)
            goneUsers.add(each.user)
            forget((ofUser) => ofUser === each.user)
          } else if (each.kind === 'delete-repository') {
            await store.repositories.delete(idAt(ids, each.repository), ORIGIN)
            goneRepositories.add(each.repository)
            forget((_, ofRepository) => ofRepository === each.repository)
          } else {
            const key = `${each.user} ${each.repository}`
            const isThere = !goneUsers.has(each.user) && !goneRepositories.has(each.repository)
            const expected = each.kind === 'add' ? isThere : stars.has(key)
            const change = each.kind === 'add' ? store.stars.add : store.stars.remove
            expect(await change(idAt(users, each.user), idAt(ids, each.repository))).toBe(expected)
            if (each.kind === 'add' && isThere) stars.add(key)
            if (each.kind === 'remove') stars.delete(key)
          }
        }
        for (const [index, name] of NAMES.entries()) {
          if (goneRepositories.has(index)) continue
          const expected = [...stars].filter((star) => star.endsWith(` ${index}`)).length
          expect([name, (await getRepository(store, name)).stars]).toEqual([name, expected])
        }
        for (const [index, userId] of users.entries()) {
          const expected = [...stars].filter((star) => star.startsWith(`${index} `)).map((star) => star.split(' ')[1])
          expect(await listed(store, userId)).toEqual(expected.map((each) => NAMES[Number(each)]).sort())
        }
        for (const [index, id] of ids.entries()) {
          if (!goneRepositories.has(index)) await store.repositories.delete(id, ORIGIN)
        }
      })
      await fc.assert(cases, { numRuns: 25 })
    }, 60_000)

    it('on what one may no longer pull are not shown, and are shown again when one may', async () => {
      const { store } = underTest()
      const { id: alice } = await createUser(store, 'alice')
      const asAlice = { kind: 'user', userId: alice } as const
      for (const name of NAMES) {
        await put(store, 'image', { repository: name })
        await store.stars.add(alice, await idOf(store, name))
      }
      const [first, second] = [await idOf(store, NAMES[0]), await idOf(store, NAMES[1])]
      for (const id of [first, second]) await store.repositories.update(id, { visibility: 'public' }, ORIGIN)
      expect(await listed(store, alice, asAlice)).toEqual(['acme/a', 'acme/b'])
      await store.repositories.update(first, { visibility: 'private' }, ORIGIN)
      expect(await listed(store, alice, asAlice)).toEqual(['acme/b'])
      expect(await listed(store, alice, { kind: 'anonymous' })).toEqual(['acme/b'])
      await store.repositories.update(first, { visibility: 'public' }, ORIGIN)
      expect(await listed(store, alice, asAlice)).toEqual(['acme/a', 'acme/b'])
    })

    it('are listed by present name, with content only, and each only to whom they belong', async () => {
      const { store } = underTest()
      const { id: alice } = await createUser(store, 'alice')
      const { id: carol } = await createUser(store, 'carol')
      const empty = parseRepositoryName('acme/empty')
      await link(store, 'a layer', empty)
      await store.stars.add(alice, await idOf(store, empty))
      await put(store, 'image')
      const id = await idOf(store)
      await store.stars.add(alice, id)
      await renameRepository(store, id, parseRepositoryName('acme/renamed'))
      expect(await listed(store, alice)).toEqual(['acme/renamed'])
      expect(await listed(store, carol)).toEqual([])
    })

    it.each([1, 2, 3, 4, 5])('come in pages of %i, full ones', async (limit) => {
      const { store } = underTest()
      const { id: alice } = await createUser(store, 'alice')
      for (const name of NAMES.toReversed()) {
        await put(store, 'image', { repository: name })
        await store.stars.add(alice, await idOf(store, name))
      }
      const pages = await readPages((page) => store.stars.list(alice, everything, page), limit)
      expect(pages.flat().map(({ name }) => name)).toEqual(NAMES)
      expect(pages).toHaveLength(Math.ceil(NAMES.length / limit))
    })
  })
}
