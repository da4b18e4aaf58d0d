import type { Digest } from '../../oci/digest.ts'
import type { RepositoryId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'
import type { Repository, Viewer } from './repositories.ts'

/** Bytes of blobs and manifests. */
export interface RepositoryUsage {
  /** Everything linked in the repository, each blob once. */
  readonly bytes: number
  /** Of these, what no other repository has that the viewer may pull. What others have in private is nobody's business (I5). */
  readonly uniqueBytes: number
  readonly sharedBytes: number
  readonly blobs: number
}

export interface ManifestUsage {
  /** Everything the manifest needs, each blob once, index children included. */
  readonly bytes: number
  /** Of these, what no other tagged manifest of the repository needs: what would be freed without it. */
  readonly uniqueBytes: number
  readonly sharedBytes: number
}

/** A blob that a repository has. */
export interface LinkedBlob {
  readonly digest: Digest
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly linkedAt: number
}

/** A manifest that needs a blob. */
export interface BlobUse {
  readonly manifestDigest: Digest
  readonly role: 'config' | 'layer' | 'manifest'
  /** Live tags that point to the manifest, or to an index of it; some of them when there are many. */
  readonly tags: readonly string[]
}

/** Who uses which bytes. */
export interface ContentUsageStore {
  ofRepository(id: RepositoryId, viewer: Viewer): Promise<RepositoryUsage>
  /** Undefined when the repository has no such manifest. */
  ofManifest(id: RepositoryId, digest: Digest): Promise<ManifestUsage | undefined>
  findBlob(id: RepositoryId, digest: Digest): Promise<LinkedBlob | undefined>
  /** What needs a blob within a repository. */
  listUses(id: RepositoryId, digest: Digest, limit: number): Promise<readonly BlobUse[]>
  /** The repositories, among those that the viewer may pull, that have a blob; in order of name. */
  listRepositories(digest: Digest, viewer: Viewer, page: PageRequest): Promise<Page<Repository>>
}
