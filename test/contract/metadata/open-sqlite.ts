import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteMetadataStore } from '../../../storage/metadata/sqlite/sqlite-metadata-store.ts'
import { HOLD_NAMES_FOR_MS, type MetadataStoreUnderTest } from './store-under-test.ts'
import { createVirtualClock } from './virtual-clock.ts'

/** A store in a database file of its own. */
export async function openSqliteUnderTest(): Promise<MetadataStoreUnderTest & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-metadata-'))
  const path = join(folder, 'kontor.db')
  const clock = createVirtualClock()
  const open = () => openSqliteMetadataStore({ path, now: clock.now, holdNamesForMs: HOLD_NAMES_FOR_MS })
  let store = open()
  return {
    path,
    clock,
    get store() {
      return store
    },
    async reopen() {
      await store.close()
      store = open()
    },
    async close() {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
}
