import type { Digest } from '../../oci/digest.ts'
import type { Tag } from '../../oci/reference.ts'
import type { Origin } from './audit-events.ts'
import type { RepositoryId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'

/** One period in which a tag pointed to one manifest. Periods are closed, never changed or removed. */
export interface TagLifetime {
  readonly tag: Tag
  readonly digest: Digest
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Undefined while the tag points there. */
  readonly endedAt: number | undefined
}

export interface TagStore {
  /** Live tags in ASCII order. */
  list(repositoryId: RepositoryId, page: PageRequest): Promise<Page<Tag>>
  /** Ends a tag's lifetime; the manifest stays. False when there is no such tag. */
  delete(repositoryId: RepositoryId, tag: Tag, origin: Origin): Promise<boolean>
  /** Everything a tag ever pointed to, newest first. */
  history(repositoryId: RepositoryId, tag: Tag, limit: number): Promise<readonly TagLifetime[]>
}
