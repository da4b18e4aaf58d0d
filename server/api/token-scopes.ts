import { z } from 'zod'
import type { TokenScope } from '../../storage/metadata/access-tokens.ts'
import { permission, repositoryPattern } from './fields.ts'

const newTokenScope = z.strictObject({ repositories: repositoryPattern, permission }).meta({ id: 'NewTokenScope' })

/** What an access token that is to be keeps of its owner's rights. */
export const tokenScopes = z
  .array(newTokenScope.transform(({ repositories, permission }): TokenScope => ({ pattern: repositories, permission })))
  .min(1, 'must name at least one repository or pattern; leave scopes out for a token with all your rights')
  .max(50)

/** As the API shows it. */
export const shownTokenScopes = z
  .array(z.strictObject({ repositories: z.string(), permission }).meta({ id: 'TokenScope' }))
  .nullable()
  .meta({ description: 'Null for a token with all of its owner’s rights' })

export function showTokenScopes(scopes: readonly TokenScope[] | undefined): z.infer<typeof shownTokenScopes> {
  return scopes?.map(({ pattern, permission }) => ({ repositories: pattern, permission })) ?? null
}
