import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { type Digest, type DigestAlgorithm, digestAlgorithm, digestHex, isDigest } from '../../../oci/digest.ts'
import type { UploadKey } from '../blob-store.ts'

/**
 * Where everything lies. Nothing else in the store puts a path together.
 *
 *     <root>/
 *       blobs/
 *         .write-test        empty, there for a moment while a store is opened
 *         sha256/
 *           e3/              the first two characters: folders stay small enough to be synced and listed quickly
 *             e3b0c442…      one blob, under its whole hex
 *         sha512/
 *           cf/
 *             cf83e135…
 *       uploads/
 *         9f86d081…          the bytes of one upload so far, under its key
 *       quarantine/          made when there is something to put there
 *         sha256-e3b0c442….1f3870be        what was found damaged under a digest, for people to look at
 *         sha256-e3b0c442….1f3870be.txt    what is wrong with it
 *
 * All of them are on one file system, so that a rename moves an upload into place, or a blob aside, in one step.
 */
export interface Paths {
  readonly root: string
  readonly blobs: string
  readonly uploads: string
  readonly quarantine: string
  /** Where the opening store tries whether it can do what a commit does. */
  readonly writeTest: string
  algorithm(algorithm: DigestAlgorithm): string
  /** The folder of all blobs whose hex starts with two given characters. */
  shardNamed(algorithm: DigestAlgorithm, name: string): string
  /** The folder of all blobs whose hex starts as this one's. */
  shard(digest: Digest): string
  blob(digest: Digest): string
  upload(key: UploadKey): string
  /** A name that was never used before for what was found under a digest. */
  newQuarantined(digest: Digest): string
}

/** Every algorithm that has a folder. */
export const ALGORITHMS = ['sha256', 'sha512'] as const satisfies readonly DigestAlgorithm[]

export function createPaths(root: string): Paths {
  const top = resolve(root)
  const blobs = join(top, 'blobs')
  const uploads = join(top, 'uploads')
  const quarantine = join(top, 'quarantine')
  const algorithm = (name: DigestAlgorithm) => join(blobs, name)
  const shardNamed = (ofAlgorithm: DigestAlgorithm, name: string) => join(algorithm(ofAlgorithm), name)
  const shard = (digest: Digest) => shardNamed(digestAlgorithm(digest), digestHex(digest).slice(0, 2))
  return {
    root: top,
    blobs,
    uploads,
    quarantine,
    writeTest: join(blobs, '.write-test'),
    algorithm,
    shardNamed,
    shard,
    blob: (digest) => join(shard(digest), digestHex(digest)),
    upload: (key) => join(uploads, key),
    newQuarantined: (digest) =>
      join(quarantine, `${digestAlgorithm(digest)}-${digestHex(digest)}.${randomBytes(4).toString('hex')}`),
  }
}

/** Every folder that an algorithm has: two hexadecimal digits. */
export const SHARD_NAMES: readonly string[] = Array.from({ length: 256 }, (_, number) =>
  number.toString(16).padStart(2, '0'),
)

const SHARD_NAME = /^[0-9a-f]{2}$/
const UPLOAD_KEY = /^[0-9a-f]{32}$/

/** True for the name of a folder of blobs; anything else in there was put by somebody else. */
export function isShardName(name: string): boolean {
  return SHARD_NAME.test(name)
}

/** The blob behind a file name; undefined for a file that somebody else put there. */
export function blobNamed(algorithm: DigestAlgorithm, name: string): Digest | undefined {
  const digest = `${algorithm}:${name}`
  return isDigest(digest) ? digest : undefined
}

/** True for what {@link newUploadKey} makes: a key comes back from a database, and must never lead out of `uploads`. */
export function isUploadKey(name: string): name is UploadKey {
  return UPLOAD_KEY.test(name)
}

/** A key that was never used before: 128 random bits in hex, which no file system folds into another by letter case. */
export function newUploadKey(): UploadKey {
  return randomBytes(16).toString('hex') as UploadKey
}
