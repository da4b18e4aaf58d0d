import type { ByteRange } from '../../oci/byte-range.ts'
import type { Digest, DigestAlgorithm } from '../../oci/digest.ts'

export { StorageFullError } from '../storage-full.ts'

/** The bytes of a blob cannot be had back from what stores them: a bad sector, a checksum of the file system, a short file. */
export class UnreadableBlobError extends Error {
  override readonly name = 'UnreadableBlobError'
  /** What the operating system calls it, such as `EIO`; undefined when it did not complain. */
  readonly code: string | undefined

  constructor(message: string, options: { readonly code?: string; readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = options.code
  }
}

declare const uploadKeyBrand: unique symbol
declare const borrowed: unique symbol

/** A store's own name for bytes being uploaded; opaque to everybody else and safe to keep in a database. */
export type UploadKey = string & { readonly [uploadKeyBrand]: true }

/** Bytes whose memory may be used again as soon as the next are asked for. Any Uint8Array will do as one. */
export interface BorrowedBytes extends Uint8Array {
  readonly [borrowed]?: true
}

/**
 * Bytes that stay as they are. Any Uint8Array will do but {@link BorrowedBytes}: the compiler refuses to append what
 * another blob's `read` gives, which would be hashed as one thing and written as another. Copy each chunk instead.
 */
export interface OwnedBytes extends Uint8Array {
  readonly [borrowed]?: never
}

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
 * - a commit never trusts what lies under its digest already, but puts its own verified bytes there: so a push heals
 *   whatever damage there is, known or not;
 * - an append at a wrong offset changes nothing, an interrupted one leaves a valid offset;
 * - memory stays bounded, whatever the size of a blob and the number of clients (I11).
 */
export interface BlobStore {
  /** Size of a blob, or undefined when it is not there. Never reads its bytes. */
  stat(digest: Digest): Promise<BlobStat | undefined>

  /**
   * Opens a blob for reading; undefined when it is not there. The caller must close what it gets.
   * What was opened can be read to its end even when the blob is deleted meanwhile.
   * @throws UnreadableBlobError when it is there and cannot be opened for a fault of the disk.
   */
  open(digest: Digest): Promise<OpenBlob | undefined>

  /**
   * Makes room for an upload of unknown size and digest.
   * @throws StorageFullError when there is none.
   */
  startUpload(): Promise<UploadKey>

  /** The upload behind a key; undefined when it was committed, discarded or swept. */
  findUpload(key: UploadKey): Promise<StagedUpload | undefined>

  /** Removes a blob; false when there was none. Readers that have it open are not disturbed. */
  delete(digest: Digest): Promise<boolean>

  /**
   * Every blob, or every one after a digest, in order of digest: for collection and scrubbing, which go on where they
   * were, not for requests. What comes or goes meanwhile may be there or not.
   */
  list(after?: Digest): AsyncIterable<BlobStat>

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
   * The bytes of a range, in order; `{ first: 0, last: -1 }` is the whole of an empty blob. Chunks are borrowed: one is
   * valid until the next is asked for, because the store reads ahead into the other of two buffers. A consumer that
   * cannot wait must copy. Leaving a `for await` early gives the buffers back.
   * @throws UnreadableBlobError for a fault of the disk, and when the blob turns out shorter than `size`; it is never
   * padded. A range beyond it is a bug.
   */
  read(range: ByteRange): AsyncIterable<BorrowedBytes>
  /**
   * Takes a damaged blob out of the store: from then on it is not there, for anybody, until it is pushed again. Its bytes
   * are kept aside with a note for people, and never deleted. False, and nothing is done, when by now something else is
   * stored under the digest (somebody pushed it again), or nothing.
   * @throws Error when the disk refuses; then the blob is not there all the same, as long as this process lives.
   */
  quarantine(note: string): Promise<boolean>
  /** Waits for the reads under way, and ends those that were not finished. */
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

/**
 * An upload in progress. One caller at a time: uploads of one key are serialised above the store.
 * Every method but `discard` throws RegistryError BLOB_UPLOAD_UNKNOWN when the upload is gone.
 */
export interface StagedUpload {
  readonly key: UploadKey
  /** Bytes that arrived so far. */
  offset(): Promise<number>
  /**
   * Adds the bytes of `source` at the end, taking from it no faster than they can be written. Chunks are kept until
   * they are.
   * @throws what `source` throws, after the offset was settled as {@link AppendOptions.onInterruption} says.
   * @throws StorageFullError when there is no room; the offset is then what it was before. After this or any other
   * failure of the disk the upload is gone instead if the bytes that were there can no longer be trusted.
   */
  append(source: AsyncIterable<OwnedBytes>, options: AppendOptions): Promise<AppendResult>
  /**
   * Verifies the bytes against a digest and makes them visible under it, durably, in one step. The upload is gone
   * afterwards. Of several commits of one digest all succeed.
   * @throws StorageFullError or Error when that fails; nothing became visible then, and the upload is gone if its bytes
   * can no longer be trusted.
   */
  commit(expected: Digest): Promise<CommitResult>
  /** Forgets the upload and its bytes; does nothing when it is gone. */
  discard(): Promise<void>
}
