import type { RepositoryPattern } from '../../oci/repository-pattern.ts'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import { createStripOrganization } from '../accounts/strip-organization.ts'
import { Problem } from './problem.ts'

/** Reads what somebody may be granted by an organization, without the organization's name. */
export type ReadOwnPattern = (organization: Account, pattern: RepositoryPattern) => Promise<string>

/** Makes the function that reads patterns; it throws Problem 422 for one beyond the organization. */
export function createReadOwnPattern(deps: { readonly accounts: Pick<AccountStore, 'resolveName'> }): ReadOwnPattern {
  const stripOrganization = createStripOrganization(deps)
  return async (organization, pattern) => {
    const stripped = await stripOrganization(organization, pattern)
    if (stripped !== undefined) return stripped
    const { name } = organization
    throw new Problem(
      422,
      'OUTSIDE_ORGANIZATION',
      `${name} can give rights on its own repositories only, not on ${pattern}; begin with ${name}/, such as ${name}/web-*`,
    )
  }
}

/** A pattern as people read it, whole. */
export function showOwnPattern(organization: Account, pattern: string): string {
  return `${organization.name}/${pattern}`
}
