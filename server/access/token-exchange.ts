import { createHash, randomBytes } from 'node:crypto'
import type { Scope, ScopeAction } from '../../oci/scope.ts'
import type { AccountStore } from '../../storage/metadata/accounts.ts'
import type { RefreshTokenStore } from '../../storage/metadata/refresh-tokens.ts'
import { type Credential, credentialOf, PERMISSION_OF_ACTION } from './credential.ts'
import type { Policy } from './policy.ts'
import type { Access, IssuedToken, Tokens } from './tokens.ts'

export interface GrantedToken extends IssuedToken {
  /** Only where the client asked for one and the setting allows it. */
  readonly refreshToken: string | undefined
}

/** Turns one credential into a bearer token for some scopes: Docker's token protocol without its HTTP. */
export interface TokenExchange {
  /**
   * Grants what the credential may do of what is asked, silently leaving out the rest.
   * @param offline whether the client wants a refresh token to keep instead of a password.
   */
  grant(request: {
    readonly credential: Credential
    readonly scopes: readonly Scope[]
    readonly service: string
    readonly offline: boolean
  }): Promise<GrantedToken>
  /** The credential behind a refresh token; undefined when it is unknown, revoked or its account disabled. */
  findRefreshed(refreshToken: string): Promise<Credential | undefined>
}

/** What a refresh token begins with, so that people and secret scanners recognise one. */
const REFRESH_TOKEN_PREFIX = 'kontor_rt_'

export function createTokenExchange(deps: {
  readonly accounts: Pick<AccountStore, 'findById'>
  readonly refreshTokens: RefreshTokenStore
  readonly policy: Policy
  readonly tokens: Tokens
  readonly handsOutRefreshTokens: boolean
  readonly now: () => number
}): TokenExchange {
  const { accounts, refreshTokens, policy, tokens, handsOutRefreshTokens, now } = deps

  async function grantedAccess(credential: Credential, scope: Scope & { kind: 'repository' }): Promise<Access> {
    const actions: ScopeAction[] = []
    for (const action of scope.actions) {
      const decision = await policy.authorize(credential, PERMISSION_OF_ACTION[action], scope.name)
      if (decision.allowed) actions.push(action)
    }
    return { name: scope.name, actions }
  }

  async function issueRefreshToken(credential: Credential): Promise<string | undefined> {
    // It stands for all of its owner's rights, so it is only for whoever proved to be the owner (S02).
    if (credential.subject.kind === 'anonymous' || credential.proof !== 'password') return undefined
    const { id, credentialsVersion } = credential.subject.account
    const text = REFRESH_TOKEN_PREFIX + randomBytes(32).toString('base64url')
    await refreshTokens.create(hashOf(text), { accountId: id, credentialsVersion, createdAt: now() })
    return text
  }

  return {
    async grant({ credential, scopes, service, offline }) {
      const access: Access[] = []
      for (const scope of scopes) {
        if (scope.kind !== 'repository') continue
        const granted = await grantedAccess(credential, scope)
        if (granted.actions.length > 0) access.push(granted)
      }
      const { subject, narrowing } = credential
      const issued = tokens.issue({
        account: subject.kind === 'anonymous' ? undefined : subject.account,
        access,
        keepsCatalog: scopes.some((scope) => scope.kind === 'catalog') && (narrowing?.keepsCatalog ?? true),
        service,
      })
      const refreshToken = offline && handsOutRefreshTokens ? await issueRefreshToken(credential) : undefined
      return { ...issued, refreshToken }
    },

    async findRefreshed(refreshToken) {
      const stored = await refreshTokens.find(hashOf(refreshToken))
      const account = stored && (await accounts.findById(stored.accountId))
      if (account === undefined || account.disabledAt !== undefined) return undefined
      if (account.credentialsVersion !== stored?.credentialsVersion) return undefined
      return credentialOf(account, 'refresh-token')
    },
  }
}

/** 256 bits of chance need no slow hash; the digest in the index reveals nothing and compares in constant time. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
