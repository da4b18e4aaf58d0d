import type { ApiClient } from '../../api/api-client.ts'
import { repositoryPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { formatImageReference, type ImageReference } from '../../references/image-reference.ts'
import type { RepositoryDetails } from './repository-columns.ts'

/** A repository with its `ETag`. @throws CliError notFound for one that is not there, or not for who asks. */
export function getRepository(
  api: ApiClient,
  reference: ImageReference,
): Promise<{ readonly value: RepositoryDetails; readonly etag: string | undefined }> {
  return inRepository(api, reference, () => api.getVersioned<RepositoryDetails>(repositoryPath(reference)))
}

/**
 * Does what needs a repository.
 * @throws CliError notFound that names the repository when it is not there, or not for who asks: the server says neither
 * which one it was nor what to do.
 */
export async function inRepository<T>(api: ApiClient, reference: ImageReference, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'NOT_FOUND') throw error
    const { code, requestId, exitCode } = error
    const name = formatImageReference({ ...reference, tag: undefined, digest: undefined })
    throw new CliError(`there is no repository ${name} that you may see`, {
      code,
      requestId,
      exitCode,
      hint: `try: kontor repo ls, or kontor login ${api.url.host}`,
      cause: error,
    })
  }
}
