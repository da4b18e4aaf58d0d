import type { Digest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import type { RepositoryId } from '../../storage/metadata/identities.ts'
import type { PullBlob } from './pull-blob.ts'
import { readWhole } from './read-whole.ts'

/**
 * Reads a blob whole, such as the config of an image; undefined when the repository does not have it, or has it
 * damaged, or it is larger than a limit in bytes.
 */
export type ReadSmallBlob = (
  repository: { readonly id: RepositoryId } | undefined,
  digest: Digest,
  maxBytes: number,
) => Promise<Uint8Array | undefined>

export function createReadSmallBlob({ pullBlob }: { readonly pullBlob: Pick<PullBlob, 'open'> }): ReadSmallBlob {
  return async (repository, digest, maxBytes) => {
    const blob = await pullBlob.open(repository, digest).catch(undefinedIfUnknown)
    if (blob === undefined) return undefined
    try {
      if (blob.size > maxBytes) return undefined
      return blob.bytes ?? (await readWhole(blob))
    } finally {
      await blob.close()
    }
  }
}

function undefinedIfUnknown(error: unknown): undefined {
  if (error instanceof RegistryError && error.code === 'BLOB_UNKNOWN') return undefined
  throw error
}
