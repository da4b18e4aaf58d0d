import type { z } from 'zod'
import type { Permission } from '../../oci/permission.ts'
import { namespaceOf, OFFICIAL_NAMESPACE } from '../../oci/repository-name.ts'
import type { Repository, RepositoryDetails } from '../../storage/metadata/repositories.ts'
import { showOptionalTime, showTime } from './show-time.ts'
import type { shownRepository, shownRepositoryDetails } from './shown-repository.ts'

/** A repository as lists show it. Apart from its schema, which a thread that searches has no use for. */
export function showRepository(repository: Repository): z.infer<typeof shownRepository> {
  const { name, visibility, description, state, stars, pulls } = repository
  return {
    name,
    visibility,
    description,
    state,
    successor: repository.successor ?? null,
    isOfficial: namespaceOf(name) === OFFICIAL_NAMESPACE,
    stars,
    pulls,
    lastPulledAt: showOptionalTime(repository.lastPulledAt),
    createdAt: showTime(repository.createdAt),
    pushedAt: showOptionalTime(repository.pushedAt),
  }
}

/** A repository by itself, as a caller sees it. */
export function showRepositoryDetails(
  repository: Repository,
  { readme, labels }: RepositoryDetails,
  caller: { readonly isStarred: boolean; readonly permission: Permission },
): z.infer<typeof shownRepositoryDetails> {
  return { ...showRepository(repository), readme, labels, ...caller }
}
