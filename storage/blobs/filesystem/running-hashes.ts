import type { Hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { DigestAlgorithm } from '../../../oci/digest.ts'
import type { UploadKey } from '../blob-store.ts'
import type { FileFacts } from './files.ts'

/** The hash of all bytes of an upload so far. Whoever goes on with it, or asks for its digest, does so with a copy. */
export interface RunningHash {
  readonly algorithm: DigestAlgorithm
  readonly hash: Hash
}

/** About 1 KiB each. An upload that falls out costs one more pass over its bytes at its commit. */
const MAX_REMEMBERED = 2048

/**
 * Hashes of uploads between their requests. They are only a short cut: each belongs to one state of its file and is
 * not found for any other, so that what another process wrote is never taken for what was hashed here.
 */
export class RunningHashes {
  readonly #remembered = new LRUCache<UploadKey, RunningHash & { readonly facts: FileFacts }>({ max: MAX_REMEMBERED })

  find(key: UploadKey, { size, mtimeMs }: FileFacts): RunningHash | undefined {
    const found = this.#remembered.get(key)
    return found?.facts.size === size && found.facts.mtimeMs === mtimeMs ? found : undefined
  }

  remember(key: UploadKey, { algorithm, hash }: RunningHash, facts: FileFacts): void {
    this.#remembered.set(key, { algorithm, hash, facts })
  }

  forget(key: UploadKey): void {
    this.#remembered.delete(key)
  }
}
