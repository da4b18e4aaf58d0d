import type { Digest } from '../../oci/digest.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import type { Tag } from '../../oci/reference.ts'
import type { RepositoryName } from '../../oci/repository-name.ts'
import type { ManifestStore } from '../../storage/metadata/manifests.ts'
import type { Page, PageRequest } from '../../storage/metadata/page.ts'
import type { Repository, RepositoryStore } from '../../storage/metadata/repositories.ts'
import type { TagStore } from '../../storage/metadata/tags.ts'
import { type Credential, viewerOf } from '../access/credential.ts'

/** What there is: repositories, tags, referrers; one bounded query each. */
export interface ListContent {
  /** @throws RegistryError NAME_UNKNOWN */
  tags(repository: Repository | undefined, page: PageRequest): Promise<Page<Tag>>
  /** The names of the repositories whose content the credential may pull. */
  repositories(credential: Credential, page: PageRequest): Promise<Page<RepositoryName>>
  /** Descriptors (JSON) of what refers to a digest, which need not be there itself; empty in an absent repository. */
  referrers(
    repository: Repository | undefined,
    request: { subject: Digest; artifactTypes: readonly string[]; after: Digest | undefined; limit: number },
  ): Promise<Page<string>>
}

export function createListContent(deps: {
  readonly tags: Pick<TagStore, 'list'>
  readonly repositories: Pick<RepositoryStore, 'listVisibleNames'>
  readonly manifests: Pick<ManifestStore, 'listReferrers'>
}): ListContent {
  return {
    async tags(repository, page) {
      if (repository === undefined) {
        throw new RegistryError('NAME_UNKNOWN', { message: 'there is no such repository; the first push creates it' })
      }
      return deps.tags.list(repository.id, page)
    },
    repositories: (credential, page) => deps.repositories.listVisibleNames(viewerOf(credential), page),
    async referrers(repository, request) {
      if (repository === undefined) return { items: [], next: undefined }
      return deps.manifests.listReferrers(repository.id, request)
    },
  }
}
