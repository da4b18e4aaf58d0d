import type { ApiClient } from '../../api/api-client.ts'
import { tagPath } from '../../api/paths.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import type { ImageReference } from '../../references/image-reference.ts'
import { inRepository } from '../repo/find-repository.ts'
import type { Tag } from './tag-columns.ts'

/** A tag; undefined when it is not there, or not for who asks. */
export async function findTag(api: ApiClient, reference: ImageReference): Promise<Tag | undefined> {
  try {
    return await api.get<Tag>(tagPath(reference))
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.notFound) return undefined
    throw error
  }
}

/** A tag that must be there. @throws CliError notFound */
export async function getTag(api: ApiClient, reference: ImageReference): Promise<Tag> {
  const { repository } = reference
  try {
    return await inRepository(api, reference, () => api.get<Tag>(tagPath(reference)))
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'TAG_UNKNOWN') throw error
    const { code, requestId, exitCode } = error
    throw new CliError(`there is no tag ${reference.tag} in ${repository}`, {
      code,
      requestId,
      exitCode,
      hint: `try: kontor tag ls ${repository}`,
      cause: error,
    })
  }
}
