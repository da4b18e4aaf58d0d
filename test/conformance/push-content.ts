import type { ManifestContent } from './content.ts'
import type { OciResponse } from './exchange.ts'
import { expectStatus } from './expect-status.ts'
import { type BlobContent, type UploadTarget, uploadBlob } from './upload-blob.ts'

/** Pushes a blob in the one way that every registry has to understand. */
export async function pushBlob(target: UploadTarget, blob: BlobContent): Promise<void> {
  expectStatus(await uploadBlob(target, blob, 'POST and PUT'), 201)
}

/** Pushes blobs one after the other. */
export async function pushBlobs(target: UploadTarget, blobs: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const [digest, bytes] of blobs) await pushBlob(target, { digest, bytes })
}

/** How a manifest may be sent. */
export interface ManifestPush {
  /** Tags that go with a push by digest. */
  readonly tags?: readonly string[]
  /** Default: `chunked`, as Go's clients do; they do not say how long a manifest is. */
  readonly framing?: 'length' | 'chunked'
}

/** Sends a manifest; what the registry says is for the caller to judge. */
export function putManifest(
  { client, repository }: UploadTarget,
  reference: string,
  { mediaType, bytes }: Pick<ManifestContent, 'mediaType' | 'bytes'>,
  { tags = [], framing = 'chunked' }: ManifestPush = {},
): Promise<OciResponse> {
  const query = tags.length === 0 ? '' : `?${new URLSearchParams(tags.map((tag): [string, string] => ['tag', tag]))}`
  return client.send({
    method: 'PUT',
    url: `/v2/${repository}/manifests/${reference}${query}`,
    headers: { 'Content-Type': mediaType },
    body: bytes,
    framing,
  })
}
