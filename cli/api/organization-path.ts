import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

/**
 * Where the API has an organization, or something in it: `organizationPath('acme', 'teams', 'web')`.
 * @throws CliError usage for a part that would lead elsewhere.
 */
export function organizationPath(...parts: readonly string[]): string {
  return `/organizations/${parts.map(toSegment).join('/')}`
}

/** An address without the segment, or with one that means the folder above, is that of something else. */
function toSegment(name: string): string {
  if (name !== '' && name !== '.' && name !== '..') return encodeURIComponent(name)
  throw new CliError(`${JSON.stringify(name)} is no name`, { exitCode: EXIT.usage })
}
