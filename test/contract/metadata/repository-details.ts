import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RepositoryId } from '../../../storage/metadata/identities.ts'
import { requireOpenForPushes } from '../../../storage/metadata/open-for-pushes.ts'
import type { RepositoryChanges } from '../../../storage/metadata/repositories.ts'
import { readTrail } from './audit-log.ts'
import { APP, getRepository, idOf, link, manifestOf, ORIGIN, put, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** Nothing but text; some of it looks like what a database or a program might take for something else. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom("'; --", '<b>', '%s', '__proto__'),
)

/** What people say of a repository: description, README, labels, state. */
export function describeRepositoryDetails(underTest: () => MetadataStoreUnderTest): void {
  describe('what people say of a repository', () => {
    it('is nothing at first, and undefined for a repository that is gone', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id, ...repository } = await getRepository(store)
      expect(repository).toMatchObject({ description: '', state: 'active', successor: undefined, stars: 0, pulls: 0 })
      expect(await store.repositories.findDetails(id)).toEqual({ readme: '', labels: {} })
      await store.repositories.delete(id, ORIGIN)
      expect(await store.repositories.findDetails(id)).toBeUndefined()
    })

    it('is read as it was written, to the letter, and the last that was written counts', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const id = await idOf(store)
      const said = fc.record({ description: text, readme: text, labels: fc.dictionary(text, text, { maxKeys: 5 }) })
      const cases = fc.asyncProperty(said, async ({ description, readme, labels }) => {
        const result = await store.repositories.update(id, { description, readme, labels }, ORIGIN)
        expect(result).toMatchObject({ kind: 'updated', repository: { description } })
        const details = await store.repositories.findDetails(id)
        expect(details?.readme).toBe(readme)
        expect(Object.entries(details?.labels ?? {}).sort()).toEqual(Object.entries(labels).sort())
        expect((await getRepository(store)).description).toBe(description)
      })
      await fc.assert(cases, { numRuns: 60 })
    })

    it('changes one by one, each time by one version, and leaves the rest as it is', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id, version } = await getRepository(store)
      const steps: readonly RepositoryChanges[] = [
        { description: 'The shop' },
        { readme: '# The shop' },
        { labels: { team: 'web', tier: '1' } },
        { state: 'deprecated', successor: WEB },
        { visibility: 'public' },
      ]
      for (const [index, changes] of steps.entries()) {
        expect(await store.repositories.update(id, changes, ORIGIN)).toMatchObject({
          repository: { version: version + index + 1 },
        })
      }
      expect(await getRepository(store)).toMatchObject({
        description: 'The shop',
        state: 'deprecated',
        successor: WEB,
        visibility: 'public',
      })
      expect(await store.repositories.findDetails(id)).toEqual({
        readme: '# The shop',
        labels: { team: 'web', tier: '1' },
      })
    })

    it('is removed by an empty text, and labels by leaving them out', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const id = await idOf(store)
      await store.repositories.update(id, { description: 'x', readme: 'x', labels: { team: 'web', tier: '1' } }, ORIGIN)
      await store.repositories.update(id, { description: '', readme: '', labels: { tier: '2' } }, ORIGIN)
      expect(await getRepository(store)).toMatchObject({ description: '' })
      expect(await store.repositories.findDetails(id)).toEqual({ readme: '', labels: { tier: '2' } })
    })

    it('is told apart for each repository, and goes with it', async () => {
      const { store } = underTest()
      await put(store, 'image')
      await put(store, 'image', { repository: WEB })
      const [app, web] = [await idOf(store), await idOf(store, WEB)]
      await store.repositories.update(app, { readme: 'of app', labels: { of: 'app' } }, ORIGIN)
      await store.repositories.update(web, { readme: 'of web', labels: { of: 'web' } }, ORIGIN)
      await store.repositories.delete(app, ORIGIN)
      await put(store, 'image')
      expect(await store.repositories.findDetails(await idOf(store))).toEqual({ readme: '', labels: {} })
      expect(await store.repositories.findDetails(web)).toEqual({ readme: 'of web', labels: { of: 'web' } })
    })

    it('is not changed by whoever has not seen the last change', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const { id, version } = await getRepository(store)
      await store.repositories.update(id, { readme: 'first', labels: { a: '1' } }, ORIGIN, version)
      const second = { readme: 'second', labels: {}, state: 'archived' } as const
      expect(await store.repositories.update(id, second, ORIGIN, version)).toEqual({ kind: 'stale' })
      expect(await store.repositories.findDetails(id)).toEqual({ readme: 'first', labels: { a: '1' } })
      expect(await getRepository(store)).toMatchObject({ state: 'active' })
    })

    it('leaves a trail that says what changed, without the README and without what stayed', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const id = await idOf(store)
      await store.repositories.update(id, { labels: { team: 'web', tier: '1', old: 'x' } }, ORIGIN)
      const changes = {
        description: 'The shop',
        readme: 'Größe: '.repeat(1000),
        labels: { team: 'web', tier: '2', new: '' },
        state: 'deprecated',
        successor: WEB,
      } as const
      await store.repositories.update(id, changes, ORIGIN)
      const [event] = await readTrail(store)
      expect(event).toMatchObject({ action: 'repository.updated', object: APP, origin: ORIGIN })
      expect(event?.detail).toEqual({
        description: 'The shop',
        readme: { bytes: 9000 },
        labels: { set: ['tier', 'new'], removed: ['old'] },
        state: 'deprecated',
        successor: WEB,
      })
    })
  })

  describe('the state of a repository', () => {
    it('has a successor only while it is not active', async () => {
      const { store } = underTest()
      await put(store, 'image')
      const id = await idOf(store)
      const stateAfter = async (changes: RepositoryChanges) => {
        await store.repositories.update(id, changes, ORIGIN)
        const { state, successor } = await getRepository(store)
        return { state, successor }
      }
      expect(await stateAfter({ successor: WEB })).toEqual({ state: 'active', successor: undefined })
      expect(await stateAfter({ state: 'deprecated' })).toEqual({ state: 'deprecated', successor: undefined })
      expect(await stateAfter({ successor: WEB })).toEqual({ state: 'deprecated', successor: WEB })
      expect(await stateAfter({ state: 'archived' })).toEqual({ state: 'archived', successor: WEB })
      expect(await stateAfter({ successor: null })).toEqual({ state: 'archived', successor: undefined })
      expect(await stateAfter({ successor: WEB })).toEqual({ state: 'archived', successor: WEB })
      expect(await stateAfter({ state: 'active' })).toEqual({ state: 'active', successor: undefined })
      expect(await stateAfter({ state: 'deprecated' })).toEqual({ state: 'deprecated', successor: undefined })
    })

    it('archived refuses what was on its way in when it was archived; reading and deleting go on', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image')
      const id = await idOf(store)
      await store.repositories.update(id, { state: 'archived', successor: WEB }, ORIGIN)
      const refusal = { code: 'DENIED', status: 403, message: expect.stringContaining(`push to ${WEB}`) }
      await expect(store.manifests.put(manifestOf('another image'), ORIGIN)).rejects.toMatchObject(refusal)
      await expect(link(store, 'a layer')).rejects.toMatchObject(refusal)
      expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toMatchObject({ digest })
      expect(await store.manifests.delete(id, digest, ORIGIN)).toBe(true)
      await store.repositories.update(id, { state: 'deprecated' }, ORIGIN)
      await put(store, 'another image')
    })

    it.each(['active', 'deprecated'] as const)('%s takes pushes', (state) => {
      expect(() => requireOpenForPushes({ name: APP, state, successor: WEB })).not.toThrow()
    })
  })

  it('details of a repository that never was are not there', async () => {
    expect(await underTest().store.repositories.findDetails(999 as RepositoryId)).toBeUndefined()
  })
}
