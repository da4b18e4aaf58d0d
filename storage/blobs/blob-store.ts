import type { ByteRange } from '../../oci/byte-range.ts'
import type { Digest, DigestAlgorithm } from '../../oci/digest.ts'

declare const uploadKeyBrand: unique symbol

/** A store's own name for bytes being uploaded; opaque to everybody else and safe to keep in a database. */
export type UploadKey = string & { readonly [uploadKeyBrand]: true }

/** What is known of a blob without reading it. */
export interface BlobStat {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/**
 * Bytes by digest. A store knows nothing of repositories, users or HTTP; who may see a blob is a row elsewhere.
 *
 * The promises, shown for every implementation by `test/contract/blob-store.ts`:
 * - a digest is visible only once its bytes are verified and durable (I1);
 * - committing a digest that is already there is cheap, and heals it when it is damaged;
 * - an append at a wrong offset changes nothing, an interrupted one leaves a valid offset;
 * - memory stays bounded, whatever the size of a blob and the number of clients (I11).
 */
export interface BlobStore {
  /** Size of a blob, or undefined when it is not there. Never reads its bytes. */
  stat(digest: Digest): Promise<BlobStat | undefined>

  /**
   * Opens a blob for reading; undefined when it is not there. The caller must close what it gets.
   * What was opened can be read to its end even when the blob is deleted meanwhile.
   */
  open(digest: Digest): Promise<OpenBlob | undefined>

  /** Makes room for an upload of unknown size and digest. */
  startUpload(): Promise<UploadKey>

  /** The upload behind a key; undefined when it was committed, discarded or swept. */
  findUpload(key: UploadKey): Promise<StagedUpload | undefined>

  /** Removes a blob; false when there was none. Readers that have it open are not disturbed. */
  delete(digest: Digest): Promise<boolean>

  /** Every blob, in no particular order: for collection and scrubbing, not for requests. */
  list(): AsyncIterable<BlobStat>

  /** Every upload that was neither committed nor discarded, for the sweep of abandoned ones. */
  listUploads(): AsyncIterable<UploadStat>
}

/** An upload as the sweep sees it. */
export interface UploadStat {
  readonly key: UploadKey
  /** Milliseconds since the epoch of the last byte that arrived. */
  readonly lastActivityAt: number
}

/** A blob held open. */
export interface OpenBlob {
  /** Bytes, as they are in the store now; compare with what the metadata says to notice damage (I12). */
  readonly size: number
  /**
   * The bytes of a range, in order. Chunks are borrowed: one is valid until the next is asked for, because the
   * store reads ahead into the other of two buffers. A consumer that cannot wait must copy.
   */
  read(range: ByteRange): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/** How one append is to be done. */
export interface AppendOptions {
  /** Offset in bytes at which the caller believes the upload stands. */
  readonly at: number
  /**
   * What an interruption leaves behind: `keep` the bytes that arrived, for a client that will ask and resume, or
   * `rollback` to the offset before, for one that sent all or nothing.
   */
  readonly onInterruption: 'keep' | 'rollback'
  /** The algorithm the commit will ask for, if known; a wrong guess costs one more pass over the bytes. */
  readonly algorithm?: DigestAlgorithm
}

export type AppendResult =
  | { readonly kind: 'appended'; readonly offset: number }
  /** The upload stands elsewhere; nothing was read or written. */
  | { readonly kind: 'wrong-offset'; readonly offset: number }

export type CommitResult =
  | { readonly kind: 'committed'; readonly size: number }
  /** The bytes are something else; they stay staged until discarded. */
  | { readonly kind: 'digest-mismatch'; readonly actual: Digest }

/** An upload in progress. One caller at a time: uploads of one key are serialised above the store. */
export interface StagedUpload {
  readonly key: UploadKey
  /** Bytes that arrived so far. */
  offset(): Promise<number>
  /**
   * Adds the bytes of `source` at the end, taking from it no faster than they can be written.
   * @throws what `source` throws, after the offset was settled as {@link AppendOptions.onInterruption} says.
   * @throws StorageFullError when there is no room; the offset is then what it was before.
   */
  append(source: AsyncIterable<Uint8Array>, options: AppendOptions): Promise<AppendResult>
  /**
   * Verifies the bytes against a digest and makes them visible under it, durably, in one step. The upload is gone
   * afterwards. Of several commits of one digest all succeed.
   */
  commit(expected: Digest): Promise<CommitResult>
  /** Forgets the upload and its bytes; does nothing when it is gone. */
  discard(): Promise<void>
}

/** There is no room left for bytes (disk full, quota of the file system). The store goes on serving. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError'
}
