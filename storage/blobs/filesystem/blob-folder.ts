import { type Digest, type DigestAlgorithm, digestAlgorithm } from '../../../oci/digest.ts'
import { KeyedQueue } from '../../keyed-queue.ts'
import type { BlobStat, OpenBlob } from '../blob-store.ts'
import { BlobFile } from './blob-file.ts'
import { errorCode, isNoRoom, unlessMissing, unlessUnreadable } from './file-errors.ts'
import type { FileFacts, Files, OpenFile } from './files.ts'
import { ALGORITHMS, blobNamed, isShardName, type Paths, SHARD_NAMES } from './paths.ts'
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
  /** Somebody else published the same bytes meanwhile, durably; the file is where it was. */
  | { readonly kind: 'already-there' }
  /** Nothing became visible. `isTrustworthy` is false when the file system lost bytes, or moved the file away. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly isTrustworthy: boolean }

/** The blobs of a store under their final names. A file is here only once its bytes are verified and durable (I1). */
export class BlobFolder {
  readonly #files: Files
  readonly #paths: Paths
  readonly #memory: TransferMemory
  readonly #locks = new KeyedQueue<Digest>()
  /**
   * Not there for anybody, whatever lies under their name: moved there, which a power loss could still take back, or
   * damaged and not to be moved away.
   */
  readonly #withheld = new Set<Digest>()
  readonly #publishing = new Map<Digest, Promise<Publication>>()
  /** By algorithm, the making of all folders for its blobs; resolves once their names are durable. */
  readonly #shards = new Map<DigestAlgorithm, Promise<void>>()

  constructor(parts: { readonly files: Files; readonly paths: Paths; readonly memory: TransferMemory }) {
    this.#files = parts.files
    this.#paths = parts.paths
    this.#memory = parts.memory
  }

  async stat(digest: Digest): Promise<BlobStat | undefined> {
    const facts = await unlessMissing(this.#files.stat(this.#paths.blob(digest)))
    // Asked afterwards: before, it could still have been moved between this and the look at the file.
    if (facts === undefined || this.#withheld.has(digest)) return undefined
    return { digest, size: facts.size }
  }

  async open(digest: Digest): Promise<OpenBlob | undefined> {
    const file = await unlessMissing(unlessUnreadable(this.#files.open(this.#paths.blob(digest), 'r')))
    if (file === undefined) return undefined
    try {
      const facts = await file.stat()
      const quarantine = (note: string) => this.#quarantine(digest, facts, note)
      if (!this.#withheld.has(digest)) {
        return new BlobFile({ file, size: facts.size, memory: this.#memory, quarantine })
      }
    } catch (error) {
      await file.close()
      throw error
    }
    await file.close()
    return undefined
  }

  /**
   * Gives a file the name of its digest, in the place of whatever has it: nobody knows what has become of those bytes,
   * and these are verified. Who has the old ones open keeps them. Of many that come at the same time one is enough.
   */
  async publish(digest: Digest, verified: VerifiedFile): Promise<Publication> {
    for (let other = this.#publishing.get(digest); other !== undefined; other = this.#publishing.get(digest)) {
      if ((await other).kind === 'moved') return { kind: 'already-there' }
    }
    const publication = this.#locks.hold(digest, async (): Promise<Publication> => {
      try {
        return await this.#move(digest, verified)
      } catch (error) {
        return { kind: 'failed', error, isTrustworthy: true }
      } finally {
        this.#publishing.delete(digest)
      }
    })
    this.#publishing.set(digest, publication)
    return publication
  }

  /** Syncs the file, then its name: the other way round, a power loss could leave a name without bytes. */
  async #move(digest: Digest, { file, path, size }: VerifiedFile): Promise<Publication> {
    try {
      await file.sync()
    } catch (error) {
      // The kernel reports lost writes once. A second sync would succeed, without the bytes.
      return { kind: 'failed', error, isTrustworthy: false }
    }
    await this.#haveShards(digestAlgorithm(digest))
    const blob = this.#paths.blob(digest)
    // Was it there before, it was acknowledged: whichever of the two a power loss leaves, nobody must miss it meanwhile.
    const isReplacing = (await this.stat(digest))?.size === size
    const wasWithheld = this.#withheld.has(digest)
    if (!isReplacing) this.#withheld.add(digest)
    try {
      await this.#files.rename(path, blob)
    } catch (error) {
      if (!wasWithheld) this.#withheld.delete(digest)
      throw error
    }
    try {
      await this.#files.syncFolder(this.#paths.shard(digest))
    } catch (error) {
      // If not even this can be done, the blob stays withheld, and the next commit of it starts over.
      if (!isReplacing) await this.#files.unlink(blob)
      this.#withheld.delete(digest)
      return { kind: 'failed', error, isTrustworthy: false }
    }
    this.#withheld.delete(digest)
    return { kind: 'moved' }
  }

  /** All at once, before the first blob: made one by one, each would be another sync for some push. */
  async #haveShards(algorithm: DigestAlgorithm): Promise<void> {
    const making = this.#shards.get(algorithm) ?? this.#makeShards(algorithm)
    this.#shards.set(algorithm, making)
    try {
      await making
    } catch (error) {
      this.#shards.delete(algorithm)
      throw error
    }
  }

  async #makeShards(algorithm: DigestAlgorithm): Promise<void> {
    const folder = this.#paths.algorithm(algorithm)
    const there = new Set(await sortedNames(this.#files.list(folder)))
    for (const name of SHARD_NAMES) {
      if (!there.has(name)) await unlessThere(this.#files.mkdir(this.#paths.shardNamed(algorithm, name)))
    }
    // Whoever has made them may have been killed before it came to this.
    await this.#files.syncFolder(folder)
  }

  delete(digest: Digest): Promise<boolean> {
    return this.#locks.hold(digest, async () => {
      const removed = await unlessMissing(this.#files.unlink(this.#paths.blob(digest)).then(() => true))
      if (removed === undefined) return false
      await this.#files.syncFolder(this.#paths.shard(digest))
      return true
    })
  }

  /** In the same queue as commits: what was opened is still what is stored, or it is left alone. */
  #quarantine(digest: Digest, opened: FileFacts, note: string): Promise<boolean> {
    return this.#locks.hold(digest, async () => {
      const blob = this.#paths.blob(digest)
      const stored = await unlessMissing(this.#files.stat(blob))
      if (stored === undefined || !isSameFile(stored, opened)) return false
      this.#withheld.add(digest)
      const aside = this.#paths.newQuarantined(digest)
      await this.#makeQuarantine()
      await this.#files.rename(blob, aside)
      await this.#files.syncFolder(this.#paths.quarantine)
      await this.#files.syncFolder(this.#paths.shard(digest))
      this.#withheld.delete(digest)
      await this.#leaveNote(`${aside}.txt`, note)
      return true
    })
  }

  async #makeQuarantine(): Promise<void> {
    try {
      await this.#files.mkdir(this.#paths.quarantine)
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return
      throw error
    }
    await this.#files.syncFolder(this.#paths.root)
  }

  /** What was to be done is done: without room for a note there is none. */
  async #leaveNote(path: string, note: string): Promise<void> {
    try {
      const file = await this.#files.open(path, 'wx+')
      try {
        await file.writev([Buffer.from(note)], 0)
      } finally {
        await file.close()
      }
    } catch (error) {
      if (!isNoRoom(error)) throw error
    }
  }

  async *list(after?: Digest): AsyncIterable<BlobStat> {
    for (const algorithm of ALGORITHMS) {
      const shards = await sortedNames(this.#files.list(this.#paths.algorithm(algorithm)))
      for (const shard of shards) {
        // Nothing in a folder comes after its own name followed by what no digest has.
        if (!isShardName(shard) || (after !== undefined && `${algorithm}:${shard}~` < after)) continue
        for (const name of await sortedNames(this.#files.list(this.#paths.shardNamed(algorithm, shard)))) {
          const digest = blobNamed(algorithm, name)
          const blob = digest && (after === undefined || digest > after) ? await this.stat(digest) : undefined
          if (blob !== undefined) yield blob
        }
      }
    }
  }
}

/** Another process may have been faster. */
async function unlessThere(making: Promise<void>): Promise<void> {
  try {
    await making
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

/** Some hundred names, some thousand in a store of a million blobs. */
async function sortedNames(names: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const name of names) all.push(name)
  return all.sort()
}

/** Whether two looks were at one file that nobody has touched between them. */
function isSameFile(one: FileFacts, other: FileFacts): boolean {
  return one.ino === other.ino && one.ctimeMs === other.ctimeMs && one.size === other.size
}
