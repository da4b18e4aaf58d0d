import { type RepositoryPattern, relativePattern } from '../../oci/repository-pattern.ts'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'

/**
 * A pattern as grants keep it, without the name of the organization (`web-*` of `acme/web-*`), so that a rename leaves
 * them as they are. Undefined for one that is not about this organization alone, as `**` is not.
 */
export type StripOrganization = (organization: Account, pattern: RepositoryPattern) => Promise<string | undefined>

export function createStripOrganization(deps: {
  readonly accounts: Pick<AccountStore, 'resolveName'>
}): StripOrganization {
  const { accounts } = deps
  return async (organization, pattern) => {
    const stripped = relativePattern(organization.name, pattern)
    if (stripped !== undefined) return stripped
    // The path answers under a name the organization had before, so the body does too.
    const [namespace = ''] = pattern.split('/', 1)
    const owner = await accounts.resolveName(namespace)
    return owner?.id === organization.id ? relativePattern(namespace, pattern) : undefined
  }
}
