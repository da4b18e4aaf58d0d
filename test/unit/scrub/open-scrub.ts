import { writeFile } from 'node:fs/promises'
import { onTestFinished } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import type { RepositoryName } from '../../../oci/repository-name.ts'
import { runScrub } from '../../../server/scrub/run-scrub.ts'
import type { ScrubNotice } from '../../../server/scrub/scrub-notice.ts'
import type { Scrub } from '../../../storage/metadata/scrubs.ts'
import { push } from '../../contract/blob-store-content.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { APP, ORIGIN } from '../../contract/metadata/sample-content.ts'
import { openObservedStore } from '../storage/blobs/open-store.ts'

/** What a scrub works with: a real database, and real files whose every access a test can watch and disturb. */
export async function openScrub() {
  const underTest = await openSqliteUnderTest()
  let isClosed = false
  async function close(): Promise<void> {
    if (!isClosed) await underTest.close()
    isClosed = true
  }
  onTestFinished(close)
  const { store } = underTest
  const files = await openObservedStore()
  const { store: blobs, paths } = files
  const notices: ScrubNotice[] = []
  const deps = { ...store, blobs, onNotice: (notice: ScrubNotice) => notices.push(notice), now: underTest.clock.now }
  return {
    ...files,
    blobs,
    metadata: store,
    notices,
    /** Closes the database before the test is over: for a test of many. */
    close,
    /** Pushes a blob to a repository, as uploads do. */
    async upload(bytes: Uint8Array, repository: RepositoryName = APP): Promise<Digest> {
      const digest = await push(blobs, bytes)
      await store.blobLinks.linkUploaded(repository, { digest, size: bytes.byteLength }, ORIGIN)
      return digest
    },
    /** Puts other bytes where a blob is, behind the store's back. */
    overwrite: (digest: Digest, bytes: Uint8Array) => writeFile(paths.blob(digest), bytes),
    /** Starts a scrub over, or lets the unfinished one go on, and does what there is to do. */
    async scrub(options: { readonly startsOver?: boolean; readonly signal?: AbortSignal } = {}): Promise<Scrub> {
      const { startsOver = true, signal = new AbortController().signal } = options
      await store.scrubs.start({ bytesPerSecond: undefined, startsOver }, ORIGIN)
      const scrub = await runScrub(deps, signal)
      if (scrub === undefined) throw new Error('there is no scrub')
      return scrub
    },
    /** Digests of what is known to be damaged, and why. */
    async damages(): Promise<readonly (readonly [Digest, string])[]> {
      const { items } = await store.damage.list({ after: undefined, limit: 1000 })
      return items.map(({ digest, reason }) => [digest, reason] as const)
    },
  }
}

export type OpenScrub = Awaited<ReturnType<typeof openScrub>>
