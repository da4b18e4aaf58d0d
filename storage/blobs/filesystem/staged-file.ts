import { createHash } from 'node:crypto'
import { type Digest, type DigestAlgorithm, digestAlgorithm, formatDigest } from '../../../oci/digest.ts'
import { RegistryError } from '../../../oci/error-codes.ts'
import type { AppendOptions, AppendResult, CommitResult, OwnedBytes, StagedUpload, UploadKey } from '../blob-store.ts'
import type { BlobFolder } from './blob-folder.ts'
import { storageError, unlessMissing } from './file-errors.ts'
import type { FileFacts, Files, OpenFile } from './files.ts'
import { readAhead } from './read-ahead.ts'
import { receive } from './receive.ts'
import type { RunningHash, RunningHashes } from './running-hashes.ts'
import type { TransferMemory } from './transfer-memory.ts'

/** What every upload of a store works with. */
export interface StagedFileParts {
  readonly files: Files
  readonly blobs: BlobFolder
  readonly hashes: RunningHashes
  readonly memory: TransferMemory
}

/** An upload in progress as a file. All that is remembered besides is a short cut: a new process goes on from the file. */
export class StagedFile implements StagedUpload {
  readonly key: UploadKey
  readonly #path: string
  readonly #parts: StagedFileParts

  constructor(key: UploadKey, path: string, parts: StagedFileParts) {
    this.key = key
    this.#path = path
    this.#parts = parts
  }

  async offset(): Promise<number> {
    return (await unlessGone(this.#parts.files.stat(this.#path))).size
  }

  async append(source: AsyncIterable<OwnedBytes>, options: AppendOptions): Promise<AppendResult> {
    const { files, hashes, memory } = this.#parts
    const { at, onInterruption, algorithm = 'sha256' } = options
    const file = await unlessGone(files.open(this.#path, 'r+'))
    try {
      const facts = await file.stat()
      if (facts.size !== at) return { kind: 'wrong-offset', offset: facts.size }
      const before = at === 0 ? startHash(algorithm) : hashes.find(this.key, facts)
      const after = before && { ...before, hash: before.hash.copy() }
      const received = await receive({ source, file, position: at, hash: after?.hash, memory })
      if (received.kind === 'failed') {
        if (received.isTrustworthy) await this.#rollBack(file, at, before)
        else await this.#abandon()
        throw storageError(received.error)
      }
      if (received.kind === 'interrupted') {
        if (onInterruption === 'keep') await this.#remember(file, after)
        else await this.#rollBack(file, at, before)
        throw received.error
      }
      await this.#remember(file, after)
      return { kind: 'appended', offset: received.offset }
    } finally {
      await file.close()
    }
  }

  async commit(expected: Digest): Promise<CommitResult> {
    const { files, blobs, hashes } = this.#parts
    const file = await unlessGone(files.open(this.#path, 'r+'))
    try {
      const facts = await file.stat()
      const actual = await this.#digest(file, facts, digestAlgorithm(expected))
      if (actual !== expected) return { kind: 'digest-mismatch', actual }
      const publication = await blobs.publish(expected, { file, path: this.#path, size: facts.size })
      if (publication.kind === 'failed') {
        if (!publication.isTrustworthy) await this.#abandon()
        throw storageError(publication.error)
      }
      if (publication.kind === 'already-there') await this.discard()
      hashes.forget(this.key)
      return { kind: 'committed', size: facts.size }
    } finally {
      await file.close()
    }
  }

  async discard(): Promise<void> {
    this.#parts.hashes.forget(this.key)
    await unlessMissing(this.#parts.files.unlink(this.#path))
  }

  /** Discards what the file system has lost bytes of, on the way to throwing the error that told so. */
  async #abandon(): Promise<void> {
    try {
      await this.discard()
    } catch {
      // The error that is being thrown already says that the disk is failing; the sweep will try again.
    }
  }

  async #rollBack(file: OpenFile, offset: number, hash: RunningHash | undefined): Promise<void> {
    await file.truncate(offset)
    await this.#remember(file, hash)
  }

  async #remember(file: OpenFile, hash: RunningHash | undefined): Promise<void> {
    if (hash !== undefined) this.#parts.hashes.remember(this.key, hash, await file.stat())
  }

  /** From memory if it was hashed as it came, else from the file: after a restart, or if another algorithm was guessed. */
  async #digest(file: OpenFile, facts: FileFacts, algorithm: DigestAlgorithm): Promise<Digest> {
    const { hashes, memory } = this.#parts
    const remembered = hashes.find(this.key, facts)
    if (remembered?.algorithm === algorithm) return formatDigest(algorithm, remembered.hash.copy().digest('hex'))
    const running = startHash(algorithm)
    // A chunk of 1 MiB keeps the event loop for half a millisecond; between two, everybody else has their turn.
    for await (const chunk of readAhead(file, { first: 0, last: facts.size - 1 }, memory)) running.hash.update(chunk)
    hashes.remember(this.key, running, facts)
    return formatDigest(algorithm, running.hash.copy().digest('hex'))
  }
}

function startHash(algorithm: DigestAlgorithm): RunningHash {
  return { algorithm, hash: createHash(algorithm) }
}

/** The result of an operation on the file of an upload. @throws RegistryError BLOB_UPLOAD_UNKNOWN when there is none. */
async function unlessGone<T>(operation: Promise<T>): Promise<T> {
  const result = await unlessMissing(operation)
  if (result === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN')
  return result
}
