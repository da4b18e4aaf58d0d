import { describe, expect, it } from 'vitest'
import type { UploadId } from '../../../storage/metadata/upload-sessions.ts'
import { createUser, getRepository, idOf, LATEST, ORIGIN, put } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

/** How a store tells that what was read from it may hold no more. */
export function describeChangeMark(underTest: () => MetadataStoreUnderTest): void {
  describe('the mark of changes', () => {
    it('stays the same while things are only read', async () => {
      const { store } = underTest()
      await createUser(store, 'alice')
      await put(store, 'a manifest', { tags: [LATEST] })
      const mark = store.readChangeMark()
      const id = await idOf(store)
      await store.manifests.resolve(id, { kind: 'tag', tag: LATEST })
      await store.repositories.listVisible({ kind: 'everything' }, { after: undefined, limit: 10 })
      await store.uploadSessions.find('none' as UploadId)
      expect(store.readChangeMark()).toBe(mark)
    })

    it('is another one after each change', async () => {
      const { store } = underTest()
      const marks = [store.readChangeMark()]
      const alice = await createUser(store, 'alice')
      marks.push(store.readChangeMark())
      await put(store, 'a manifest', { tags: [LATEST] })
      marks.push(store.readChangeMark())
      await store.tags.delete(await idOf(store), LATEST, ORIGIN)
      marks.push(store.readChangeMark())
      await store.accounts.update(alice.id, { disabled: true }, ORIGIN)
      marks.push(store.readChangeMark())
      await store.repositories.delete((await getRepository(store)).id, ORIGIN)
      marks.push(store.readChangeMark())
      expect(new Set(marks).size).toBe(marks.length)
    })
  })
}
