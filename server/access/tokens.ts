import { createHash, randomUUID } from 'node:crypto'
import jsonwebtoken from 'jsonwebtoken'
import { LRUCache } from 'lru-cache'
import type { Permission } from '../../oci/permission.ts'
import { type RepositoryName, readRepositoryName } from '../../oci/repository-name.ts'
import type { ScopeAction } from '../../oci/scope.ts'
import type {
  AccessTokenId,
  AccountId,
  RefreshTokenId,
  RobotId,
  RobotSecretId,
} from '../../storage/metadata/identities.ts'
import { type Narrowing, PERMISSION_OF_ACTION } from './credential.ts'
import type { SigningKeys } from './signing-keys.ts'

/**
 * Whom a token was given to, and by which credential: what it rests on is looked up at each request, so that revoking
 * the credential ends the token (I7).
 */
export type TokenHolder =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user'
      readonly id: AccountId
      readonly credentialsVersion: number
      /** Undefined: the password. */
      readonly through:
        | { readonly kind: 'access-token'; readonly id: AccessTokenId }
        | { readonly kind: 'refresh-token'; readonly id: RefreshTokenId }
        | undefined
    }
  | { readonly kind: 'robot'; readonly id: RobotId; readonly secretId: RobotSecretId }

/** What a token says, once its signature is proven. Rights are not in it: they are looked up at each request. */
export interface TokenClaims {
  readonly holder: TokenHolder
  readonly access: readonly Access[]
  readonly keepsCatalog: boolean
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What a token carries of one repository. */
export interface Access {
  readonly name: RepositoryName
  readonly actions: readonly ScopeAction[]
}

export interface IssuedToken {
  readonly token: string
  readonly expiresInSeconds: number
  /** Milliseconds since the epoch. */
  readonly issuedAt: number
}

/** Bearer tokens: signed claims about a subject and what the token keeps of its rights. */
export interface Tokens {
  issue(claims: {
    readonly holder: TokenHolder
    /** The holder's name, for other verifiers; empty for anonymous. */
    readonly subject: string
    readonly access: readonly Access[]
    readonly keepsCatalog: boolean
    /** What the client calls us; becomes `aud`. Not checked on return: the key is ours alone. */
    readonly service: string
  }): IssuedToken
  /** The claims of a token that we signed, expired or not; undefined for anything else. */
  verify(token: string): TokenClaims | undefined
}

const ISSUER = 'kontor'

/** Clients' and servers' clocks differ; Distribution allows a minute as well. */
export const CLOCK_LEEWAY_MS = 60_000

/** Proving a signature costs 85 µs, remembering one 1 µs; 20,000 claims are some 10 MB. */
const REMEMBERED_TOKENS = 20_000

/** Longer than any token of ours; nothing larger is worth hashing. */
const MAX_TOKEN_LENGTH = 16 * 1024

export function createTokens(options: {
  readonly keys: SigningKeys
  readonly lifetimeSeconds: number
  readonly now: () => number
}): Tokens {
  const { keys, lifetimeSeconds, now } = options
  // By SHA-256, so that a memory dump holds no usable token. Only proven ones: garbage must not push out good ones.
  const proven = new LRUCache<string, TokenClaims>({ max: REMEMBERED_TOKENS })

  return {
    issue({ holder, subject, access, keepsCatalog, service }) {
      const { kid, privateKey } = keys.current()
      const issuedAt = now()
      const iat = Math.floor(issuedAt / 1000)
      const token = jsonwebtoken.sign(
        {
          iss: ISSUER,
          sub: subject,
          aud: service,
          iat,
          // Some seconds back, for verifiers whose clock is behind ours.
          nbf: iat - 10,
          exp: iat + lifetimeSeconds,
          jti: randomUUID(),
          access: [
            ...access.map(({ name, actions }) => ({ type: 'repository', name, actions })),
            ...(keepsCatalog ? [{ type: 'registry', name: 'catalog', actions: ['*'] }] : []),
          ],
          ...holderClaims(holder),
        },
        privateKey,
        { algorithm: 'ES256', keyid: kid },
      )
      return { token, expiresInSeconds: lifetimeSeconds, issuedAt }
    },

    verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) return undefined
      const key = createHash('sha256').update(token).digest('base64')
      const known = proven.get(key)
      if (known !== undefined) return known
      const claims = prove(token, keys, now())
      if (claims !== undefined) proven.set(key, claims)
      return claims
    },
  }
}

function prove(token: string, keys: SigningKeys, now: number): TokenClaims | undefined {
  try {
    const header = jsonwebtoken.decode(token, { complete: true })?.header
    const key = typeof header?.kid === 'string' ? keys.find(header.kid) : undefined
    if (key === undefined) return undefined
    const payload = jsonwebtoken.verify(token, key.publicKey, {
      algorithms: ['ES256'],
      issuer: ISSUER,
      // Whoever asks decides whether an expired token will still do, see authenticate.ts.
      ignoreExpiration: true,
      clockTimestamp: Math.floor(now / 1000),
      clockTolerance: CLOCK_LEEWAY_MS / 1000,
    })
    return typeof payload === 'string' ? undefined : toClaims(payload)
  } catch {
    // jsonwebtoken throws on every kind of forgery and garbage; for us they are all one.
    return undefined
  }
}

/** The claims by which {@link readHolder} knows the holder again. */
function holderClaims(holder: TokenHolder): Readonly<Record<string, number>> {
  if (holder.kind === 'anonymous') return {}
  if (holder.kind === 'robot') return { robot: holder.id, secret: holder.secretId }
  const { id, credentialsVersion, through } = holder
  const account = { account: id, credentials: credentialsVersion }
  if (through === undefined) return account
  return through.kind === 'access-token' ? { ...account, token: through.id } : { ...account, refresh: through.id }
}

function readHolder(payload: Readonly<Record<string, unknown>>): TokenHolder {
  const { account, credentials, token, refresh, robot, secret } = payload
  if (typeof robot === 'number' && typeof secret === 'number') {
    return { kind: 'robot', id: robot as RobotId, secretId: secret as RobotSecretId }
  }
  if (typeof account !== 'number' || typeof credentials !== 'number') return { kind: 'anonymous' }
  const user = { kind: 'user', id: account as AccountId, credentialsVersion: credentials } as const
  if (typeof token === 'number') return { ...user, through: { kind: 'access-token', id: token as AccessTokenId } }
  if (typeof refresh === 'number') return { ...user, through: { kind: 'refresh-token', id: refresh as RefreshTokenId } }
  return { ...user, through: undefined }
}

function toClaims(payload: jsonwebtoken.JwtPayload): TokenClaims | undefined {
  const { access, exp } = payload as Record<string, unknown>
  if (typeof exp !== 'number' || !Array.isArray(access)) return undefined
  const entries = access as { type: string; name: string; actions: ScopeAction[] }[]
  return {
    holder: readHolder(payload),
    access: entries.flatMap(({ type, name, actions }) => {
      const repository = type === 'repository' && Array.isArray(actions) ? readRepositoryName(name) : undefined
      return repository === undefined ? [] : [{ name: repository, actions }]
    }),
    keepsCatalog: entries.some(({ type, name }) => type === 'registry' && name === 'catalog'),
    expiresAt: exp * 1000,
  }
}

/**
 * What a token keeps of its subject's rights: the actions it was given, repository by repository, and nothing else. The
 * names are those that the client asked with, which a rename since may have made former ones.
 */
export function narrowingOf({ access, keepsCatalog }: Pick<TokenClaims, 'access' | 'keepsCatalog'>): Narrowing {
  const kept = new Map<string, ReadonlySet<Permission>>()
  for (const { name, actions } of access) {
    kept.set(name, new Set(actions.map((action): Permission => PERMISSION_OF_ACTION[action])))
  }
  return {
    keepsCatalog,
    within: undefined,
    keeps: (permission, { asked, name }) =>
      (kept.get(asked)?.has(permission) ?? false) || (kept.get(name)?.has(permission) ?? false),
  }
}
