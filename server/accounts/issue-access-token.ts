import { isExactPattern } from '../../oci/repository-pattern.ts'
import type { AccessToken, AccessTokenStore, TokenScope } from '../../storage/metadata/access-tokens.ts'
import type { Account } from '../../storage/metadata/accounts.ts'
import { type Caller, originOf } from '../access/caller.ts'
import type { Policy } from '../access/policy.ts'
import { createSecretText, hashSecret } from '../access/secret-text.ts'

/** More than anybody keeps track of. */
export const MAX_ACCESS_TOKENS = 200

/** Whoever wants it for longer than that wants one that does not expire. */
export const MAX_ACCESS_TOKEN_DAYS = 3650

const DAY_MS = 24 * 60 * 60 * 1000

/** The access token that somebody wishes for. */
export interface AccessTokenWish {
  readonly name: string
  /** Undefined: all rights of the owner. */
  readonly scopes: readonly TokenScope[] | undefined
  /** Milliseconds since the epoch; undefined: never. */
  readonly expiresAt: number | undefined
}

export type AccessTokenIssue =
  /** The text is nowhere else: it can be shown this once. */
  | { readonly kind: 'issued'; readonly token: AccessToken; readonly text: string }
  /** The expiry is in the past or more than {@link MAX_ACCESS_TOKEN_DAYS} away. */
  | { readonly kind: 'wrong-expiry' }
  /** The user has {@link MAX_ACCESS_TOKENS} of them. */
  | { readonly kind: 'too-many' }
  /** The owner may not do that on the one repository that the scope names. */
  | { readonly kind: 'exceeds-rights'; readonly scope: TokenScope }

/** Makes an access token for a user who asks with all rights. */
export type IssueAccessToken = (owner: Account, wish: AccessTokenWish, caller: Caller) => Promise<AccessTokenIssue>

export function createIssueAccessToken(deps: {
  readonly accessTokens: Pick<AccessTokenStore, 'create' | 'list'>
  readonly policy: Pick<Policy, 'authorize'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): IssueAccessToken {
  const { accessTokens, policy, now } = deps

  /** Patterns cannot be judged beforehand: what they cover comes and goes, so they count when the token is used. */
  async function findScopeBeyondRights(scopes: readonly TokenScope[], { credential }: Caller) {
    for (const scope of scopes) {
      if (!isExactPattern(scope.pattern)) continue
      if (!(await policy.authorize(credential, scope.permission, scope.pattern)).allowed) return scope
    }
    return undefined
  }

  return async (owner, { name, scopes, expiresAt }, caller) => {
    const isPast = expiresAt !== undefined && expiresAt <= now()
    const isTooFar = expiresAt !== undefined && expiresAt > now() + MAX_ACCESS_TOKEN_DAYS * DAY_MS
    if (isPast || isTooFar) return { kind: 'wrong-expiry' }
    const beyond = await findScopeBeyondRights(scopes ?? [], caller)
    if (beyond !== undefined) return { kind: 'exceeds-rights', scope: beyond }
    const existing = await accessTokens.list(owner.id, { after: undefined, limit: MAX_ACCESS_TOKENS })
    if (existing.items.length >= MAX_ACCESS_TOKENS) return { kind: 'too-many' }
    const text = createSecretText('access-token')
    const wanted = { userId: owner.id, name, tokenHash: hashSecret(text), scopes, expiresAt }
    return { kind: 'issued', token: await accessTokens.create(wanted, originOf(caller)), text }
  }
}
