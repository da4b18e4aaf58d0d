import type { AccountId, RepositoryId } from './identities.ts'
import type { Page, PageRequest } from './page.ts'
import type { Repository, Viewer } from './repositories.ts'

/** Who likes what. Nothing to be audited: a star changes nothing but a number. */
export interface StarStore {
  has(userId: AccountId, repositoryId: RepositoryId): Promise<boolean>
  /** The same as before when it is there already; false when the user or the repository is gone. */
  add(userId: AccountId, repositoryId: RepositoryId): Promise<boolean>
  /** False when there is none. */
  remove(userId: AccountId, repositoryId: RepositoryId): Promise<boolean>
  /** What a user has starred and the viewer may pull (rights may have gone since), with content, in order of name. */
  list(userId: AccountId, viewer: Viewer, page: PageRequest): Promise<Page<Repository>>
}
