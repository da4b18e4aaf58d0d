import type { Digest } from '../../oci/digest.ts'
import type { Tag } from '../../oci/reference.ts'
import type { Origin } from './audit-events.ts'
import type { RepositoryId } from './identities.ts'
import type { ManifestKind } from './manifests.ts'
import type { Page, PageRequest } from './page.ts'

/** One period in which a tag pointed to one manifest. Periods are closed, never changed or removed. */
export interface TagLifetime {
  readonly tag: Tag
  readonly digest: Digest
  readonly mediaType: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Undefined while the tag points there. */
  readonly endedAt: number | undefined
  /** The name, at the time, of whoever made it point there; and of whoever ended that. */
  readonly startedBy: string
  readonly endedBy: string | undefined
}

/** A live tag with what a list shows of it. */
export interface TagDetails {
  readonly tag: Tag
  readonly digest: Digest
  readonly mediaType: string
  readonly kind: ManifestKind
  /** As `os/architecture[/variant]`. */
  readonly platforms: readonly string[]
  /** Bytes of everything the tag needs, each counted once. */
  readonly storedBytes: number
  /** Bytes that pulling one platform takes; the largest of them for an index. */
  readonly pulledBytes: number
  /** Milliseconds since the epoch, since when it points to this manifest. */
  readonly pushedAt: number
  /** The name, at the time, of whoever made it point there. */
  readonly pushedBy: string
  readonly pulls: number
  readonly lastPulledAt: number | undefined
}

/** `version` is semver-aware, the newest first; `pushed` the last pushed first. */
export const TAG_ORDERS = ['name', 'version', 'pushed'] as const
export type TagOrder = (typeof TAG_ORDERS)[number]

export interface TagListRequest extends PageRequest {
  readonly order: TagOrder
  /** Only tags whose names begin with this. */
  readonly prefix?: string | undefined
}

export type TagPointing =
  /** `previous` is what it pointed to until now, which may be the same; undefined when there was no such tag. */
  | { readonly kind: 'pointed'; readonly previous: Digest | undefined }
  /** The repository does not have this manifest. */
  | { readonly kind: 'no-manifest' }

export type TagRestoration =
  | { readonly kind: 'restored'; readonly digest: Digest }
  /** The tag never pointed to this manifest (or, without one named, never to another). */
  | { readonly kind: 'no-lifetime' }
  /** The manifest was deleted, and what it needs is no longer there. */
  | { readonly kind: 'content-gone'; readonly missing: readonly Digest[] }

export interface TagStore {
  /** Live tags in ASCII order. */
  list(repositoryId: RepositoryId, page: PageRequest): Promise<Page<Tag>>
  /** Ends a tag's lifetime; the manifest stays. False when there is no such tag. */
  delete(repositoryId: RepositoryId, tag: Tag, origin: Origin): Promise<boolean>
  /** Everything a tag ever pointed to, newest first; also of one that is deleted. */
  history(repositoryId: RepositoryId, tag: Tag, page: PageRequest): Promise<Page<TagLifetime>>
  /**
   * Live tags in some order. Tags that are pushed or deleted while one reads page after page make none of the others
   * come twice or not at all.
   */
  listDetails(repositoryId: RepositoryId, request: TagListRequest): Promise<Page<TagDetails>>
  findDetails(repositoryId: RepositoryId, tag: Tag): Promise<TagDetails | undefined>
  /**
   * Makes a tag, new or not, point to a manifest of the repository.
   * @throws RegistryError DENIED when the repository is archived.
   */
  point(repositoryId: RepositoryId, tag: Tag, digest: Digest, origin: Origin): Promise<TagPointing>
  /**
   * Makes a tag point again to what it pointed to: to the manifest named or, without one, to the last it pointed to
   * before now. A manifest that was deleted since comes back, if all it needs is still there; with an index come those
   * of its children that were deleted.
   * @throws RegistryError DENIED when the repository is archived.
   */
  restore(repositoryId: RepositoryId, tag: Tag, digest: Digest | undefined, origin: Origin): Promise<TagRestoration>
}
