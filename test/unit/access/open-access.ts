import { parseScopes } from '../../../oci/scope.ts'
import { createAuthenticate, type Presentation, UPLOAD_GRACE_MS } from '../../../server/access/authenticate.ts'
import type { Caller } from '../../../server/access/caller.ts'
import type { Credential } from '../../../server/access/credential.ts'
import { createLastUses } from '../../../server/access/last-uses.ts'
import { createLoginThrottle } from '../../../server/access/login-throttle.ts'
import { createPasswords } from '../../../server/access/passwords.ts'
import { createPolicy } from '../../../server/access/policy.ts'
import { createSecrets } from '../../../server/access/secrets.ts'
import { openSigningKeys } from '../../../server/access/signing-keys.ts'
import { createTokenExchange } from '../../../server/access/token-exchange.ts'
import { createTokens } from '../../../server/access/tokens.ts'
import { createRefusals } from '../../../server/audit/refusals.ts'
import type { Account, InstanceRole } from '../../../storage/metadata/accounts.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { ORIGIN } from '../../contract/metadata/sample-content.ts'

export const LIFETIME_SECONDS = 900
export const DAY_MS = 24 * 60 * 60 * 1000
export const ROTATE_AFTER_MS = 30 * DAY_MS

/** From where requests come, unless a test says otherwise. */
export const HERE: Presentation = { address: '192.0.2.1', requestId: 'request-7' }

/** Everything of `server/access` put together as the server does, on a database of its own and a clock to be moved. */
export async function openAccess(options: { readonly handsOutRefreshTokens?: boolean } = {}) {
  const underTest = await openSqliteUnderTest()
  const { store, clock } = underTest
  const { accounts, accessTokens, refreshTokens, robots } = store
  const { now } = clock
  const keys = await openSigningKeys({
    store: store.signingKeys,
    now,
    rotateAfterMs: ROTATE_AFTER_MS,
    provesForMs: LIFETIME_SECONDS * 1000 + UPLOAD_GRACE_MS,
  })
  const passwords = createPasswords()
  const tokens = createTokens({ keys, lifetimeSeconds: LIFETIME_SECONDS, now })
  const policy = createPolicy(store)
  const lastUses = createLastUses({ store: store.lastUses })
  const secrets = createSecrets({ accounts, accessTokens, refreshTokens, robots, lastUses, now })
  const refusals = createRefusals({ auditLog: store.auditLog, now })
  const authenticate = createAuthenticate({
    accounts,
    passwords,
    secrets,
    tokens,
    throttle: createLoginThrottle(),
    refusals,
    now,
  })
  const exchange = createTokenExchange({
    refreshTokens,
    policy,
    tokens,
    handsOutRefreshTokens: options.handsOutRefreshTokens ?? true,
  })

  /** The credential behind an `Authorization` header that must be taken. */
  async function credentialFor(header: string): Promise<Credential> {
    const authentication = await authenticate.byHeader(header, HERE)
    if (authentication.kind === 'credential') return authentication.credential
    throw new Error(authentication.kind === 'refused' ? authentication.reason : authentication.kind)
  }

  /** What a client gets from the token endpoint. */
  function grant(credential: Credential, scopes: readonly string[], offline = false) {
    const request = { scopes: parseScopes(scopes), service: 'registry.example', offline }
    return exchange.grant(request, callerOf(credential))
  }

  return {
    store,
    clock,
    keys,
    passwords,
    tokens,
    policy,
    lastUses,
    refusals,
    authenticate,
    exchange,
    credentialFor,
    grant,
    /** A user whose password is `password of <name>`. */
    async createUser(name: string, role: InstanceRole = 'none'): Promise<Account> {
      const passwordHash = await passwords.hash(`password of ${name}`)
      const result = await accounts.createUser({ name, passwordHash, email: undefined, role }, ORIGIN)
      if (result.kind !== 'created') throw new Error(`the name ${name} is taken`)
      return result.account
    },
    /** The `Authorization` header of a token for some scopes, granted to whoever another header stands for. */
    async bearerFor(header: string, ...scopes: string[]): Promise<string> {
      return bearer((await grant(await credentialFor(header), scopes)).token)
    },
    close: () => underTest.close(),
  }
}

export type OpenAccess = Awaited<ReturnType<typeof openAccess>>

/** Somebody who asks from {@link HERE}. */
export function callerOf(credential: Credential): Caller {
  return { credential, address: HERE.address, requestId: HERE.requestId }
}

/** The value of a Basic `Authorization` header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** The value of a Bearer `Authorization` header. */
export function bearer(token: string): string {
  return `Bearer ${token}`
}
