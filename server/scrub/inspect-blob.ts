import { createHash } from 'node:crypto'
import { type Digest, digestAlgorithm, formatDigest } from '../../oci/digest.ts'
import { type BlobStore, type OpenBlob, UnreadableBlobError } from '../../storage/blobs/blob-store.ts'
import type { BlobFinding } from '../../storage/metadata/damage.ts'

/** What is to be looked at. */
export interface BlobToInspect {
  readonly digest: Digest
  /** Bytes when it was verified; undefined when no repository has it, and only the digest can tell. */
  readonly size: number | undefined
}

/** What one look at a blob showed. */
export type Inspection =
  | { readonly kind: 'whole' }
  | { readonly kind: 'absent' }
  /** `blob` is what was looked at, for the caller to close; undefined when it cannot even be opened. */
  | { readonly kind: 'damaged'; readonly finding: BlobFinding; readonly blob: OpenBlob | undefined }

/**
 * Reads a blob and compares it with its digest.
 * @param onRead told of the bytes that were read, after each chunk and once at the beginning; may make it wait, and ends
 * it by throwing.
 */
export async function inspectBlob(
  blobs: Pick<BlobStore, 'open'>,
  { digest, size }: BlobToInspect,
  onRead: (bytes: number) => Promise<void>,
): Promise<Inspection> {
  await onRead(0)
  const blob = await blobs.open(digest).catch((error: unknown) => {
    if (error instanceof UnreadableBlobError) return error
    throw error
  })
  if (blob === undefined) return { kind: 'absent' }
  if (blob instanceof UnreadableBlobError) {
    return { kind: 'damaged', finding: { digest, reason: 'unreadable', foundSize: undefined }, blob: undefined }
  }
  try {
    const reason = await findDamage(blob, { digest, size }, onRead)
    if (reason !== undefined) return { kind: 'damaged', finding: { digest, reason, foundSize: blob.size }, blob }
  } catch (error) {
    await blob.close()
    throw error
  }
  await blob.close()
  return { kind: 'whole' }
}

async function findDamage(
  blob: OpenBlob,
  { digest, size }: BlobToInspect,
  onRead: (bytes: number) => Promise<void>,
): Promise<BlobFinding['reason'] | undefined> {
  if (size !== undefined && blob.size !== size) return 'resized'
  const algorithm = digestAlgorithm(digest)
  const hash = createHash(algorithm)
  try {
    for await (const chunk of blob.read({ first: 0, last: blob.size - 1 })) {
      hash.update(chunk)
      await onRead(chunk.byteLength)
    }
  } catch (error) {
    if (error instanceof UnreadableBlobError) return 'unreadable'
    throw error
  }
  return formatDigest(algorithm, hash.digest('hex')) === digest ? undefined : 'altered'
}
