import type { AccountStore } from '../../storage/metadata/accounts.ts'
import { ANONYMOUS, type Credential, credentialOf, exchangedCredential } from './credential.ts'
import type { Passwords } from './passwords.ts'
import { CLOCK_LEEWAY_MS, narrowingOf, type Tokens } from './tokens.ts'

/** Who the `Authorization` header says is asking. */
export type Authentication =
  | { readonly kind: 'credential'; readonly credential: Credential }
  /** No header: not the same as being anonymous by a token, for a challenge is due wherever one might help. */
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly reason: string }

export interface AuthenticateOptions {
  /** Milliseconds after its expiry for which a token is still taken: see {@link UPLOAD_GRACE_MS}. */
  readonly graceMs: number
}

/**
 * A layer may take hours to send, and clients get no new token between its requests (ggcr, oras and long buildx pushes
 * present the one they began with). On the URL of an upload session an expired token of its subject therefore still
 * does, for a day; the subject's rights are those of now.
 */
export const UPLOAD_GRACE_MS = 24 * 60 * 60 * 1000

/** Tells who asks from the `Authorization` header. */
export type Authenticate = (header: string | undefined, options: AuthenticateOptions) => Promise<Authentication>

export function createAuthenticate(deps: {
  readonly accounts: Pick<AccountStore, 'findById' | 'findByName'>
  readonly passwords: Passwords
  readonly tokens: Tokens
  readonly now: () => number
}): Authenticate {
  const { accounts, passwords, tokens, now } = deps

  async function byToken(token: string, graceMs: number): Promise<Authentication> {
    const claims = tokens.verify(token)
    if (claims === undefined) return refuse('the token is not one of this registry; log in again')
    if (claims.expiresAt + CLOCK_LEEWAY_MS + graceMs <= now()) return refuse('the token has expired; get a new one')
    if (claims.account === undefined) {
      return { kind: 'credential', credential: exchangedCredential(ANONYMOUS, narrowingOf(claims)) }
    }
    const account = await accounts.findById(claims.account.id)
    if (
      account === undefined ||
      account.disabledAt !== undefined ||
      account.credentialsVersion !== claims.account.credentialsVersion
    ) {
      return refuse('the token was revoked; log in again')
    }
    const credential = exchangedCredential(credentialOf(account, 'password'), narrowingOf(claims))
    return { kind: 'credential', credential }
  }

  async function byPassword(username: string, password: string): Promise<Authentication> {
    const name = username.toLowerCase()
    const account = await accounts.findByName(name)
    const isRight = await passwords.verify(name, account?.passwordHash, password)
    // One answer for every reason, so that it tells nobody which names exist (S26).
    if (!isRight || account === undefined || account.disabledAt !== undefined) {
      return refuse('the user name or the password is wrong')
    }
    return { kind: 'credential', credential: credentialOf(account, 'password') }
  }

  return async (header, { graceMs }) => {
    if (header === undefined) return { kind: 'none' }
    const separator = header.indexOf(' ')
    const scheme = header.slice(0, separator < 0 ? undefined : separator).toLowerCase()
    const value = separator < 0 ? '' : header.slice(separator + 1).trim()
    if (scheme === 'bearer') return byToken(value, graceMs)
    if (scheme !== 'basic') return refuse('this kind of authorization is not known here')
    const pair = Buffer.from(value, 'base64').toString('utf8')
    const colon = pair.indexOf(':')
    if (colon < 0) return refuse('the user name and password could not be read')
    const username = pair.slice(0, colon)
    const password = pair.slice(colon + 1)
    // dockerd and the conformance tool send an empty pair and mean: I have none.
    if (username === '' && password === '') return { kind: 'none' }
    return byPassword(username, password)
  }
}

function refuse(reason: string): Authentication {
  return { kind: 'refused', reason }
}
