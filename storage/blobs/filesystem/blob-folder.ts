import { dirname } from 'node:path'
import type { Digest } from '../../../oci/digest.ts'
import { KeyedQueue } from '../../keyed-queue.ts'
import type { BlobStat, OpenBlob } from '../blob-store.ts'
import { BlobFile } from './blob-file.ts'
import { errorCode, unlessMissing } from './file-errors.ts'
import type { Files, OpenFile } from './files.ts'
import { ALGORITHMS, blobNamed, isShardName, type Paths } from './paths.ts'
import type { TransferMemory } from './transfer-memory.ts'

/** Verified bytes on their way to their final name. */
export interface VerifiedFile {
  readonly file: OpenFile
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/** What became of a verified file. */
export type Publication =
  /** It has its final name, durably; its old one is gone. */
  | { readonly kind: 'moved' }
  /** The same blob was there and is durable; the file is where it was. */
  | { readonly kind: 'already-there' }
  /** Nothing became visible. `isTrustworthy` is false when the file system lost bytes, or moved the file away. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly isTrustworthy: boolean }

/** The blobs of a store under their final names. A file is here only once its bytes are verified and durable (I1). */
export class BlobFolder {
  readonly #files: Files
  readonly #paths: Paths
  readonly #memory: TransferMemory
  readonly #locks = new KeyedQueue<Digest>()
  /** Moved to their final name, which a power loss could still take back: not there yet for anybody. */
  readonly #unsettled = new Set<Digest>()
  /** Folders whose own name is known to be durable: at most 256 for each algorithm. */
  readonly #durableShards = new Set<string>()

  constructor(parts: { readonly files: Files; readonly paths: Paths; readonly memory: TransferMemory }) {
    this.#files = parts.files
    this.#paths = parts.paths
    this.#memory = parts.memory
  }

  async stat(digest: Digest): Promise<BlobStat | undefined> {
    const facts = await unlessMissing(this.#files.stat(this.#paths.blob(digest)))
    // Asked afterwards: before, it could still have been moved between this and the look at the file.
    if (facts === undefined || this.#unsettled.has(digest)) return undefined
    return { digest, size: facts.size }
  }

  async open(digest: Digest): Promise<OpenBlob | undefined> {
    const file = await unlessMissing(this.#files.open(this.#paths.blob(digest), 'r'))
    if (file === undefined) return undefined
    try {
      const { size } = await file.stat()
      if (!this.#unsettled.has(digest)) return new BlobFile({ file, size, memory: this.#memory })
    } catch (error) {
      await file.close()
      throw error
    }
    await file.close()
    return undefined
  }

  /**
   * Gives a file the name of its digest. One at a time for each digest: whoever comes second finds the blob durable.
   * A blob of another size than the verified one is damaged, and is replaced; who has it open keeps the damaged one.
   */
  publish(digest: Digest, verified: VerifiedFile): Promise<Publication> {
    return this.#locks.hold(digest, async () => {
      try {
        const existing = await this.stat(digest)
        if (existing?.size !== verified.size) return await this.#move(digest, verified)
        // It may be the work of a process that was killed between its rename and its sync.
        await this.#makeShard(digest)
        await this.#files.syncFolder(this.#paths.shard(digest))
        return { kind: 'already-there' }
      } catch (error) {
        return { kind: 'failed', error, isTrustworthy: true }
      }
    })
  }

  /** Syncs the file, then its name: the other way round, a power loss could leave a name without bytes. */
  async #move(digest: Digest, { file, path }: VerifiedFile): Promise<Publication> {
    try {
      await file.sync()
    } catch (error) {
      // The kernel reports lost writes once. A second sync would succeed, without the bytes.
      return { kind: 'failed', error, isTrustworthy: false }
    }
    await this.#makeShard(digest)
    const blob = this.#paths.blob(digest)
    this.#unsettled.add(digest)
    try {
      await this.#files.rename(path, blob)
    } catch (error) {
      this.#unsettled.delete(digest)
      throw error
    }
    try {
      await this.#files.syncFolder(this.#paths.shard(digest))
    } catch (error) {
      // If not even this can be done, the blob stays unsettled, and the next commit of it starts over.
      await this.#files.unlink(blob)
      this.#unsettled.delete(digest)
      return { kind: 'failed', error, isTrustworthy: false }
    }
    this.#unsettled.delete(digest)
    return { kind: 'moved' }
  }

  async #makeShard(digest: Digest): Promise<void> {
    const shard = this.#paths.shard(digest)
    if (this.#durableShards.has(shard)) return
    try {
      await this.#files.mkdir(shard)
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    }
    await this.#files.syncFolder(dirname(shard))
    this.#durableShards.add(shard)
  }

  delete(digest: Digest): Promise<boolean> {
    return this.#locks.hold(digest, async () => {
      const removed = await unlessMissing(this.#files.unlink(this.#paths.blob(digest)).then(() => true))
      if (removed === undefined) return false
      await this.#files.syncFolder(this.#paths.shard(digest))
      return true
    })
  }

  async *list(): AsyncIterable<BlobStat> {
    for (const algorithm of ALGORITHMS) {
      for await (const shard of this.#files.list(this.#paths.algorithm(algorithm))) {
        if (!isShardName(shard)) continue
        for await (const name of this.#files.list(this.#paths.shardNamed(algorithm, shard))) {
          const digest = blobNamed(algorithm, name)
          const blob = digest && (await this.stat(digest))
          if (blob !== undefined) yield blob
        }
      }
    }
  }
}
