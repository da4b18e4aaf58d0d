import type { Digest } from '../../oci/digest.ts'
import type { BlobStore } from '../../storage/blobs/blob-store.ts'
import type { KnownBlob, StoredContent } from '../../storage/metadata/stored-content.ts'
import type { BlobToInspect } from './inspect-blob.ts'

/** Blobs that are read from the database at once. */
const PAGE = 200

/**
 * Every blob that lies in the store and every one that a repository has, in order of digest, those after one. The two
 * should be the same, and where they are not is what is missing.
 */
export async function* blobsToInspect(
  deps: { readonly blobs: Pick<BlobStore, 'list'>; readonly storedContent: Pick<StoredContent, 'listBlobs'> },
  after: Digest | undefined,
): AsyncGenerator<BlobToInspect, void, undefined> {
  const known = knownBlobs(deps.storedContent, after)
  let next = await known.next()
  for await (const { digest } of deps.blobs.list(after)) {
    for (; !next.done && next.value.digest < digest; next = await known.next()) {
      if (next.value.isLinked) yield next.value
    }
    const same = !next.done && next.value.digest === digest ? next.value : undefined
    yield { digest, size: same?.isLinked ? same.size : undefined }
    if (same !== undefined) next = await known.next()
  }
  for (; !next.done; next = await known.next()) if (next.value.isLinked) yield next.value
}

async function* knownBlobs(
  storedContent: Pick<StoredContent, 'listBlobs'>,
  after: Digest | undefined,
): AsyncGenerator<KnownBlob, void, undefined> {
  for (let last = after; ; ) {
    const page = await storedContent.listBlobs(last, PAGE)
    yield* page
    last = page.at(-1)?.digest
    if (last === undefined) return
  }
}
