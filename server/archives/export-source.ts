import { type Digest, parseDigest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import { type ImageConfig, readImageConfig } from '../../oci/image-config.ts'
import { MAX_MANIFEST_BYTES } from '../../oci/manifest.ts'
import type { BorrowedBytes } from '../../storage/blobs/blob-store.ts'
import type { ManifestStore, StoredManifest } from '../../storage/metadata/manifests.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'
import type { PullBlob } from '../registry/pull-blob.ts'
import { manifestUnknown } from '../registry/pull-manifest.ts'
import type { ReadSmallBlob } from '../registry/read-small-blob.ts'

/** Referrers read in one query; few, for the descriptor of each may be as long as its manifest. */
const REFERRERS_PAGE = 10

/** Configurations are a few KiB; what is longer than a manifest may be is none. */
const MAX_CONFIG_BYTES = MAX_MANIFEST_BYTES

/** What an archive is made of: the content of one repository, by the same ways as a pull (I4). */
export interface ExportSource {
  findManifest(digest: Digest): Promise<StoredManifest | undefined>
  /** Bytes of a blob; undefined when the repository does not have it, or has it damaged (I12). */
  findBlobSize(digest: Digest): Promise<number | undefined>
  /** An image configuration; undefined for what is none, is not there, or is far too large. */
  readConfig(digest: Digest): Promise<ImageConfig | undefined>
  /** The bytes of a manifest. @throws RegistryError MANIFEST_UNKNOWN when it is not there any more. */
  readManifest(digest: Digest): AsyncIterable<BorrowedBytes>
  /** The bytes of a blob. @throws RegistryError BLOB_UNKNOWN when it is not there, or not whole, any more. */
  readBlob(digest: Digest): AsyncIterable<BorrowedBytes>
  /** What refers to a digest, in order of digest. */
  listReferrers(subject: Digest): AsyncIterable<Digest>
}

/** What an export source is made from. */
export interface ExportSourceParts {
  readonly manifests: Pick<ManifestStore, 'resolve' | 'listReferrers'>
  readonly pullBlob: PullBlob
  readonly readSmallBlob: ReadSmallBlob
}

export function createExportSource(
  { manifests, pullBlob, readSmallBlob }: ExportSourceParts,
  repository: Repository,
): ExportSource {
  const findManifest = (digest: Digest) => manifests.resolve(repository.id, { kind: 'digest', digest })

  return {
    findManifest,
    async findBlobSize(digest) {
      try {
        return (await pullBlob.stat(repository, digest)).size
      } catch (error) {
        if (error instanceof RegistryError && error.code === 'BLOB_UNKNOWN') return undefined
        throw error
      }
    },
    async readConfig(digest) {
      const bytes = await readSmallBlob(repository, digest, MAX_CONFIG_BYTES)
      return bytes && readImageConfig(bytes)
    },
    async *readManifest(digest) {
      const manifest = await findManifest(digest)
      if (manifest === undefined) throw manifestUnknown({ kind: 'digest', digest })
      yield manifest.bytes
    },
    async *readBlob(digest) {
      const blob = await pullBlob.open(repository, digest)
      try {
        yield* blob.read({ first: 0, last: blob.size - 1 })
      } finally {
        await blob.close()
      }
    },
    async *listReferrers(subject) {
      let after: Digest | undefined
      do {
        const page = await manifests.listReferrers(repository.id, {
          subject,
          artifactTypes: [],
          after,
          limit: REFERRERS_PAGE,
        })
        const digests = page.items.map(digestIn)
        yield* digests
        after = page.next === undefined ? undefined : digests.at(-1)
      } while (after !== undefined)
    },
  }
}

function digestIn(descriptor: string): Digest {
  const { digest }: { digest?: unknown } = JSON.parse(descriptor)
  return parseDigest(String(digest))
}
