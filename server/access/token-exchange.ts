import type { Scope, ScopeAction } from '../../oci/scope.ts'
import type { RefreshTokenStore } from '../../storage/metadata/refresh-tokens.ts'
import { type Caller, originOf } from './caller.ts'
import { type Credential, PERMISSION_OF_ACTION, subjectName } from './credential.ts'
import type { Policy } from './policy.ts'
import { createSecretText, hashSecret } from './secret-text.ts'
import type { Access, IssuedToken, TokenHolder, Tokens } from './tokens.ts'

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
  grant(
    request: { readonly scopes: readonly Scope[]; readonly service: string; readonly offline: boolean },
    caller: Caller,
  ): Promise<GrantedToken>
}

export function createTokenExchange(deps: {
  readonly refreshTokens: Pick<RefreshTokenStore, 'create'>
  readonly policy: Policy
  readonly tokens: Tokens
  readonly handsOutRefreshTokens: boolean
}): TokenExchange {
  const { refreshTokens, policy, tokens, handsOutRefreshTokens } = deps

  async function grantedAccess(credential: Credential, scope: Scope & { kind: 'repository' }): Promise<Access> {
    const actions: ScopeAction[] = []
    for (const action of scope.actions) {
      const decision = await policy.authorize(credential, PERMISSION_OF_ACTION[action], scope.name)
      if (decision.allowed) actions.push(action)
    }
    return { name: scope.name, actions }
  }

  async function issueRefreshToken(caller: Caller): Promise<string | undefined> {
    const { subject, proof, exchangedFor } = caller.credential
    // It stands for all of its owner's rights, so it is only for whoever proved to be the owner, here and now (S02).
    if (subject.kind !== 'user' || proof.kind !== 'password' || exchangedFor !== undefined) return undefined
    const { id: accountId, credentialsVersion } = subject.account
    const text = createSecretText('refresh-token')
    await refreshTokens.create({ tokenHash: hashSecret(text), accountId, credentialsVersion }, originOf(caller))
    return text
  }

  return {
    async grant({ scopes, service, offline }, caller) {
      const { credential } = caller
      const access: Access[] = []
      for (const scope of scopes) {
        if (scope.kind !== 'repository') continue
        const granted = await grantedAccess(credential, scope)
        if (granted.actions.length > 0) access.push(granted)
      }
      const issued = tokens.issue({
        holder: holderOf(credential),
        subject: subjectName(credential.subject),
        access,
        keepsCatalog: scopes.some((scope) => scope.kind === 'catalog') && (credential.narrowing?.keepsCatalog ?? true),
        service,
      })
      const refreshToken = offline && handsOutRefreshTokens ? await issueRefreshToken(caller) : undefined
      return { ...issued, refreshToken }
    },
  }
}

/** What a token is to rest on: the very secret that was presented, so that it falls with it. */
function holderOf({ subject, proof }: Credential): TokenHolder {
  if (subject.kind === 'anonymous') return { kind: 'anonymous' }
  if (subject.kind === 'robot') {
    if (proof.kind !== 'robot-secret') throw new Error(`a robot was authenticated by ${proof.kind}`)
    return { kind: 'robot', id: subject.robot.id, secretId: proof.id }
  }
  const { id, credentialsVersion } = subject.account
  const through = proof.kind === 'access-token' || proof.kind === 'refresh-token' ? proof : undefined
  return { kind: 'user', id, credentialsVersion, through }
}
