import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { formatImageReference, type ImageReference } from '../references/image-reference.ts'

/** Where the API has a repository. */
export function repositoryPath({ repository }: Pick<ImageReference, 'repository'>): string {
  return `/repositories/${encodeURIComponent(repository)}`
}

/** Where the API has a tag. @throws CliError usage when none is named. */
export function tagPath(reference: ImageReference): string {
  if (reference.tag !== undefined) return `${repositoryPath(reference)}/tags/${encodeURIComponent(reference.tag)}`
  throw new CliError(`${formatImageReference(reference)} names no tag`, {
    exitCode: EXIT.usage,
    hint: 'write it as acme/web:1.2',
  })
}
