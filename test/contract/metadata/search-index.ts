import { describe, expect, it } from 'vitest'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import type { GatheredPulls } from '../../../storage/metadata/pulls.ts'
import type { RepositoryChanges, Viewer } from '../../../storage/metadata/repositories.ts'
import type { SearchFilters, SearchMatch, SearchPosition } from '../../../storage/metadata/search-index.ts'
import {
  createOrganization,
  createUser,
  idOf,
  ORIGIN,
  put,
  renameAccount,
  renameRepository,
  tags,
} from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const everything = { kind: 'everything' } as const
const DAY_MS = 86_400_000

/** The names of what is found, the first found first. */
async function find(
  store: MetadataStore,
  match: SearchMatch,
  filters: SearchFilters = {},
  viewer: Viewer = everything,
): Promise<readonly string[]> {
  const candidates = await store.searchIndex.candidatesFor(viewer)
  const found = await candidates.list({ match, filters, before: undefined, limit: 100 })
  return found.map(({ repository }) => repository.name)
}

/** All of these words, or names with words that begin with them. */
function words(...all: string[]): SearchMatch {
  return { how: 'words', key: undefined, terms: all.map((word) => ({ words: [word], prefix: word, ownerIds: [] })) }
}

async function push(store: MetadataStore, name: string, changes: RepositoryChanges = {}): Promise<void> {
  const repository = parseRepositoryName(name)
  await put(store, `image of ${name}`, { repository, tags: tags('v1') })
  await store.repositories.update(await idOf(store, repository), changes, ORIGIN)
}

/** As if a repository was pulled some times. */
async function pull(store: MetadataStore, name: string, count: number, lastAt: number): Promise<void> {
  const [tag] = tags('v1')
  if (tag === undefined) throw new Error('there is no tag')
  const repositoryId = await idOf(store, parseRepositoryName(name))
  const pulls: GatheredPulls = { repositoryId, reference: { kind: 'tag', tag }, count, lastAt }
  await store.pulls.record([pulls])
}

/** Does all there is to do of a build. */
async function build(store: MetadataStore, piece: number): Promise<void> {
  while ((await store.searchIndex.continueBuild(piece)) !== undefined);
}

/** Finding repositories: by what they are called and said to be, the best known first. */
export function describeSearchIndex(underTest: () => MetadataStoreUnderTest): void {
  describe('the search index', () => {
    it('finds a repository by its name, the beginning and any part of it, with or without separators', async () => {
      const { store } = underTest()
      for (const name of ['acme/web-frontend', 'acme/team/nginx', 'acme/mynginx']) await push(store, name)
      expect(await find(store, { how: 'exact', key: 'webfrontend' })).toEqual(['acme/web-frontend'])
      expect(await find(store, { how: 'exact', key: 'nginx' })).toEqual(['acme/team/nginx'])
      expect(await find(store, { how: 'exact', key: 'teamnginx' })).toEqual(['acme/team/nginx'])
      expect(await find(store, { how: 'start', key: 'webfr' })).toEqual(['acme/web-frontend'])
      expect(await find(store, { how: 'start', key: 'ngin' })).toEqual(['acme/team/nginx'])
      expect(await find(store, words('front'))).toEqual(['acme/web-frontend'])
      expect(await find(store, { how: 'substring', keys: ['ginx'] })).toEqual(['acme/mynginx', 'acme/team/nginx'])
      expect(await find(store, { how: 'substring', keys: ['bfront'] })).toEqual(['acme/web-frontend'])
      expect(await find(store, { how: 'substring', keys: ['xni'] })).toEqual([])
    })

    it('finds parts of names only where they are, not their letters in another order', async () => {
      const { store } = underTest()
      await push(store, 'acme/abcdxbcde')
      expect(await find(store, { how: 'substring', keys: ['abcde'] })).toEqual([])
      expect(await find(store, { how: 'substring', keys: ['abcdx', 'bcde'] })).toEqual(['acme/abcdxbcde'])
    })

    it('finds a repository by what is said of it, in any writing, without regard to case and accents', async () => {
      const { store } = underTest()
      await push(store, 'acme/a', { description: 'Ein Würfel für Größen', readme: '# Überschrift\nпривет, 世界' })
      await push(store, 'acme/b', { labels: { team: 'Payments and Billing' } })
      expect(await find(store, words('wurfel'))).toEqual(['acme/a'])
      expect(await find(store, words('uberschrift', 'привет'))).toEqual(['acme/a'])
      expect(await find(store, words('世', '界'))).toEqual(['acme/a'])
      expect(await find(store, words('payments', 'billing'))).toEqual(['acme/b'])
      expect(await find(store, words('payments', 'wurfel'))).toEqual([])
    })

    it('finds a repository by the labels and annotations of its tagged images, not of those that lost their tags', async () => {
      const { store } = underTest()
      const repository = parseRepositoryName('acme/app')
      const described = (labels: Record<string, string>) => ({
        repository,
        tags: tags('latest'),
        description: { kind: 'helm', platforms: ['linux/arm64/v8'], labels } as const,
      })
      await put(store, 'first', described({ 'org.opencontainers.image.title': 'Zeppelin', maintainer: 'ops' }))
      expect(await find(store, words('zeppelin'))).toEqual(['acme/app'])
      expect(await find(store, { how: 'any' }, { labels: [{ key: 'maintainer', value: 'ops' }] })).toEqual(['acme/app'])
      await put(store, 'second', described({ maintainer: 'dev' }))
      expect(await find(store, words('zeppelin'))).toEqual([])
      expect(await find(store, { how: 'any' }, { labels: [{ key: 'maintainer', value: 'ops' }] })).toEqual([])
      expect(await find(store, { how: 'any' }, { labels: [{ key: 'maintainer', value: undefined }] })).toHaveLength(1)
      expect(await find(store, { how: 'any' }, { architecture: 'arm64', os: 'linux', kind: 'helm' })).toHaveLength(1)
      expect(await find(store, { how: 'any' }, { architecture: 'amd64' })).toEqual([])
    })

    it('finds what is public as it is now, however often the same was asked before', async () => {
      const { store } = underTest()
      const asked = async (match: SearchMatch, viewer: Viewer) => {
        const candidates = await store.searchIndex.candidatesFor(viewer)
        const filters = { visibility: 'public' } as const
        const found = await candidates.list({ match, filters, before: undefined, limit: 100 })
        return found.map(({ repository: { name, state, description } }) => `${name} ${state} ${description}`)
      }
      const alice = { kind: 'user', userId: (await createUser(store, 'alice')).id } as const
      const expectFound = async (...expected: readonly string[]) => {
        for (const match of [words('web'), { how: 'any' }, { how: 'start', key: 'web' }] as const) {
          for (const viewer of [{ kind: 'anonymous' }, alice, everything] as const) {
            expect(await asked(match, viewer)).toEqual(expected)
          }
        }
      }
      await expectFound()
      await push(store, 'acme/web', { visibility: 'public' })
      const id = await idOf(store, parseRepositoryName('acme/web'))
      await expectFound('acme/web active ')
      await store.repositories.update(id, { description: 'The shop' }, ORIGIN)
      await expectFound('acme/web active The shop')
      await store.repositories.update(id, { state: 'deprecated' }, ORIGIN)
      await expectFound('acme/web deprecated The shop')
      await store.repositories.update(id, { visibility: 'private' }, ORIGIN)
      await expectFound()
      await store.repositories.update(id, { visibility: 'public', state: 'active' }, ORIGIN)
      await expectFound('acme/web active The shop')
      await renameRepository(store, id, parseRepositoryName('acme/web-shop'))
      await expectFound('acme/web-shop active The shop')
      const acme = await store.accounts.findByName('acme')
      if (acme === undefined) throw new Error('the owner of the repository is gone')
      await renameAccount(store, acme.id, 'globex')
      await expectFound('globex/web-shop active The shop')
      await push(store, 'globex/web-2', { visibility: 'public' })
      await expectFound('globex/web-2 active ', 'globex/web-shop active The shop')
      await store.repositories.delete(id, ORIGIN)
      await expectFound('globex/web-2 active ')
    })

    it('knows the stars of what is public as they are now, however often the same was asked before', async () => {
      const { store } = underTest()
      await push(store, 'acme/web', { visibility: 'public' })
      const id = await idOf(store, parseRepositoryName('acme/web'))
      const starred = () => find(store, words('web'), { minStars: 1, visibility: 'public' }, { kind: 'anonymous' })
      expect(await starred()).toEqual([])
      const { id: alice } = await createUser(store, 'alice')
      await store.stars.add(alice, id)
      expect(await starred()).toEqual(['acme/web'])
      await store.stars.remove(alice, id)
      expect(await starred()).toEqual([])
    })

    it('follows every change in the transaction that makes it', async () => {
      const { store } = underTest()
      await push(store, 'acme/old', { description: 'carburettor' })
      const id = await idOf(store, parseRepositoryName('acme/old'))
      await renameRepository(store, id, parseRepositoryName('acme/fresh'))
      expect(await find(store, { how: 'exact', key: 'old' })).toEqual([])
      expect(await find(store, { how: 'exact', key: 'fresh' })).toEqual(['acme/fresh'])
      await store.repositories.update(id, { description: 'gearbox', visibility: 'public' }, ORIGIN)
      expect(await find(store, words('carburettor'))).toEqual([])
      expect(await find(store, words('gearbox'), { visibility: 'public' }, { kind: 'anonymous' })).toEqual([
        'acme/fresh',
      ])
      await store.repositories.delete(id, ORIGIN)
      expect(await find(store, { how: 'any' })).toEqual([])
      expect(await store.searchIndex.listWordsLike('gaerbox', 10)).toEqual([])
    })

    it('finds what an account owns under the name that the account has now', async () => {
      const { store } = underTest()
      const acme = await createOrganization(store, 'acme')
      await push(store, 'acme/app')
      await push(store, 'globex/acme')
      await renameAccount(store, acme.id, 'initech')
      expect(await store.searchIndex.findOwners('init', 10)).toEqual([acme.id])
      expect(await store.searchIndex.findOwners('acme', 10)).toEqual([])
      const owned: SearchMatch = {
        how: 'words',
        key: undefined,
        terms: [{ words: ['initech'], prefix: 'initech', ownerIds: [acme.id] }],
      }
      expect(await find(store, owned)).toEqual(['initech/app'])
      expect(await find(store, { how: 'any' }, { ownerIds: [acme.id] })).toEqual(['initech/app'])
      expect(await find(store, { how: 'any' }, { ownerIds: [] })).toEqual([])
    })

    it('meets the best known first, once it was told how often what is pulled', async () => {
      const { store, clock } = underTest()
      for (const name of ['acme/seldom', 'acme/often', 'acme/never', 'acme/liked']) await push(store, name)
      await pull(store, 'acme/often', 1000, clock.now())
      await pull(store, 'acme/seldom', 2, clock.now())
      const alice = await createUser(store, 'alice')
      await store.stars.add(alice.id, await idOf(store, parseRepositoryName('acme/liked')))
      await store.searchIndex.refreshPositions(undefined, 100)
      expect(await find(store, { how: 'any' })).toEqual(['acme/often', 'acme/liked', 'acme/seldom', 'acme/never'])
      clock.advance(365 * DAY_MS)
      await store.searchIndex.refreshPositions(undefined, 100)
      expect((await find(store, { how: 'any' }))[0]).toBe('acme/liked')
    })

    it('puts what is deprecated below everything that anybody uses', async () => {
      const { store, clock } = underTest()
      await push(store, 'acme/used')
      await push(store, 'acme/retired')
      await pull(store, 'acme/used', 10, clock.now())
      await pull(store, 'acme/retired', 1000, clock.now())
      await store.searchIndex.refreshPositions(undefined, 100)
      expect(await find(store, { how: 'any' })).toEqual(['acme/retired', 'acme/used'])
      const id = await idOf(store, parseRepositoryName('acme/retired'))
      await store.repositories.update(id, { state: 'deprecated' }, ORIGIN)
      expect(await find(store, { how: 'any' })).toEqual(['acme/used', 'acme/retired'])
      expect(await find(store, { how: 'any' }, { state: 'deprecated' })).toEqual(['acme/retired'])
    })

    it('is walked through piece by piece, each document once', async () => {
      const { store } = underTest()
      const names = Array.from({ length: 25 }, (_, index) => `acme/app-${index}`)
      for (const name of names) await push(store, name)
      const candidates = await store.searchIndex.candidatesFor(everything)
      const found: string[] = []
      let before: SearchPosition | undefined
      for (;;) {
        const piece = await candidates.list({
          match: words('app'),
          filters: {},
          before,
          limit: 7,
        })
        found.push(...piece.map(({ repository }) => repository.name))
        before = piece.at(-1)?.position
        if (piece.length < 7) break
      }
      expect(found.sort()).toEqual([...names].sort())
    })

    it('compares times and numbers exactly', async () => {
      const { store, clock } = underTest()
      await push(store, 'acme/early')
      clock.advance(40 * DAY_MS)
      const middle = clock.now()
      await push(store, 'acme/late')
      expect(await find(store, { how: 'any' }, { pushedSince: middle })).toEqual(['acme/late'])
      expect(await find(store, { how: 'any' }, { pushedSince: middle + 1 })).toEqual([])
      expect(await find(store, { how: 'any' }, { pushedBefore: middle })).toEqual(['acme/early'])
      expect(await find(store, { how: 'any' }, { pushedSince: 0 })).toHaveLength(2)
      const starred = await idOf(store, parseRepositoryName('acme/early'))
      for (const name of ['alice', 'bob', 'carol']) await store.stars.add((await createUser(store, name)).id, starred)
      expect(await find(store, { how: 'any' }, { minStars: 3 })).toEqual(['acme/early'])
      expect(await find(store, { how: 'any' }, { minStars: 4 })).toEqual([])
      expect(await find(store, { how: 'any' }, { maxStars: 2 })).toEqual(['acme/late'])
    })

    it('knows which words begin with some letters, and which are spelt almost like one', async () => {
      const { store } = underTest()
      await push(store, 'acme/elasticsearch', { description: 'search engine' })
      await push(store, 'acme/nginx', { description: 'web server and search proxy' })
      const from = async (prefix: string) => (await store.searchIndex.listWordsFrom(prefix, 5)).map(({ word }) => word)
      expect(await from('sear')).toEqual(['search'])
      expect(await from('s')).toEqual(['search', 'server'])
      const like = async (word: string) => (await store.searchIndex.listWordsLike(word, 5)).map(({ word }) => word)
      expect(await like('ngnix')).toEqual(['nginx'])
      expect(await like('ngin')).toEqual(['nginx'])
      expect(await like('serverr')).toEqual(['server'])
      expect(await like('elasticssearhc')).toEqual(['elasticsearch'])
      expect(await like('zzzz')).toEqual([])
    })

    it.each([
      '"',
      '*',
      'NEAR(a b)',
      '-a',
      '^a',
      '{a}: b',
      'a AND',
      'OR',
      'NOT',
      '\u0000',
      '\ud800',
      "' OR 1=1 --",
      '🐳',
      '',
    ])('S27: takes %j for words that are not there', async (text) => {
      const { store } = underTest()
      await push(store, 'acme/app')
      for (const match of [
        words(text),
        { how: 'exact', key: text },
        { how: 'start', key: text },
        { how: 'substring', keys: [text] },
      ] as const) {
        expect(await find(store, match)).toEqual([])
      }
      const label = { key: text, value: text }
      expect(await find(store, { how: 'any' }, { architecture: text, os: text, labels: [label] })).toEqual([])
      expect(await store.searchIndex.findOwners(text, 5)).toEqual([])
      expect(await store.searchIndex.listWordsLike(text, 5)).toEqual([])
    })

    it('is put together again after many changes, and finds the same', async () => {
      const { store } = underTest()
      for (let index = 0; index < 40; index++) await push(store, `acme/app-${index}`)
      const found = await find(store, words('app'))
      let pieces = 0
      while (await store.searchIndex.tidy()) pieces += 1
      expect(pieces).toBeGreaterThan(0)
      expect(await find(store, words('app'))).toEqual(found)
      expect(await store.searchIndex.tidy()).toBe(false)
    })

    it('is built anew in pieces while it answers, and goes on where it was after a restart', async () => {
      const world = underTest()
      for (let index = 0; index < 10; index++)
        await push(world.store, `acme/app-${index}`, { description: 'something' })
      await world.store.searchIndex.startBuild()
      await world.store.searchIndex.continueBuild(4)
      await world.store.searchIndex.continueBuild(4)
      expect(await find(world.store, words('something'))).toHaveLength(10)
      await world.reopen()
      expect(await world.store.searchIndex.findBuild()).toMatchObject({ documents: 4, finishedAt: undefined })
      await build(world.store, 4)
      expect(await world.store.searchIndex.findBuild()).toMatchObject({ documents: 10, finishedAt: world.clock.now() })
      expect(await find(world.store, words('something'))).toHaveLength(10)
      expect(await world.store.searchIndex.listWordsLike('somthing', 5)).toEqual([{ word: 'something', documents: 10 }])
    })
  })
}
