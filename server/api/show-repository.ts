import type { z } from 'zod'
import { namespaceOf, OFFICIAL_NAMESPACE } from '../../oci/repository-name.ts'
import type { Repository } from '../../storage/metadata/repositories.ts'
import { showOptionalTime, showTime } from './show-time.ts'
import type { shownRepository } from './shown-repository.ts'

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
