import type { Digest } from '../../oci/digest.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { Origin } from './audit-events.ts'
import type { RepositoryId } from './identities.ts'
import type { Viewer } from './repositories.ts'

/** A blob as a repository has it. */
export interface LinkedBlob {
  readonly digest: Digest
  /** Bytes, as they were when the blob was verified. */
  readonly size: number
}

/** The right to a blob is a row that links it to a repository the caller may pull (I4). */
export interface BlobLinkStore {
  /** Undefined also for a blob that is known to be damaged (I12): whatever became of its file, it is served to nobody. */
  find(repositoryId: RepositoryId, digest: Digest): Promise<LinkedBlob | undefined>
  /**
   * Links a blob, whose bytes are durable by now, creating the repository on its first push. Idempotent. It leaves no
   * audit event: a blob is part of nothing yet, and what it becomes part of is told by `manifest.pushed`.
   */
  link(repository: RepositoryName, blob: LinkedBlob, origin: Origin): Promise<void>
  /**
   * As {@link link}, for a blob whose bytes were just now verified and stored: when it was known to be damaged, it is
   * healed, for every repository that has it, and an audit event tells by whom.
   */
  linkUploaded(repository: RepositoryName, blob: LinkedBlob, origin: Origin): Promise<void>
  /** Takes the link away, unless a manifest of the repository still needs the blob. */
  unlink(
    repositoryId: RepositoryId,
    digest: Digest,
    origin: Origin,
  ): Promise<{ kind: 'unlinked' } | { kind: 'not-linked' } | { kind: 'in-use'; manifest: Digest }>
  /**
   * The blob, if a repository that the viewer may pull has it: for a mount without `from`. Of a blob that is in very many
   * repositories not all are looked at; then the client uploads.
   */
  findAnywhere(viewer: Viewer, digest: Digest): Promise<LinkedBlob | undefined>
}
