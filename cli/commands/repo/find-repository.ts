import type { ApiClient } from '../../api/api-client.ts'
import { repositoryPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { formatImageReference, type ImageReference } from '../../references/image-reference.ts'
import type { RepositoryDetails } from './repository-columns.ts'

/** A repository with its `ETag`. @throws CliError notFound for one that is not there, or not for who asks. */
export async function getRepository(
  api: ApiClient,
  reference: ImageReference,
): Promise<{ readonly value: RepositoryDetails; readonly etag: string | undefined }> {
  try {
    return await api.getVersioned<RepositoryDetails>(repositoryPath(reference))
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.notFound) throw error
    const { code, requestId, exitCode } = error
    throw new CliError(`there is no repository ${formatImageReference(reference)} that you may see`, {
      code,
      requestId,
      exitCode,
      hint: `try: kontor repo ls, or kontor login ${api.url.host}`,
      cause: error,
    })
  }
}
