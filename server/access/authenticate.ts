import type { AccountStore } from '../../storage/metadata/accounts.ts'
import type { Refusals } from '../audit/refusals.ts'
import { ANONYMOUS, type Credential, exchangedCredential, userCredential } from './credential.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { Passwords } from './passwords.ts'
import { readSecretText } from './secret-text.ts'
import type { SecretOutcome, Secrets } from './secrets.ts'
import { CLOCK_LEEWAY_MS, narrowingOf, type TokenHolder, type Tokens } from './tokens.ts'

/** Who the `Authorization` header says is asking. */
export type Authentication =
  | { readonly kind: 'credential'; readonly credential: Credential }
  /** No header: not the same as being anonymous by a token, for a challenge is due wherever one might help. */
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Too many wrong tries from there or for that name: nothing was looked at. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }

/** A request, as far as logging in goes. */
export interface Presentation {
  /** The client's IP address. */
  readonly address: string
  readonly requestId: string
  /** Milliseconds after its expiry for which a bearer token is still taken: see {@link UPLOAD_GRACE_MS}. */
  readonly graceMs?: number
}

/**
 * A layer may take hours to send, and clients get no new token between its requests (ggcr, oras and long buildx pushes
 * present the one they began with). On the URL of an upload session an expired token of its subject therefore still
 * does, for a day; the subject's rights are those of now.
 */
export const UPLOAD_GRACE_MS = 24 * 60 * 60 * 1000

/** Tells who asks. */
export interface Authenticate {
  /** From the `Authorization` header. */
  byHeader(header: string | undefined, presentation: Presentation): Promise<Authentication>
  /** From a user name with a password, an access token or a robot's secret. */
  byPassword(username: string, password: string, presentation: Presentation): Promise<Authentication>
  /** From a refresh token. */
  byRefreshToken(text: string, presentation: Presentation): Promise<Authentication>
}

/** One answer for every reason, so that it tells nobody which names exist (S26). */
const WRONG_PAIR = 'the user name or the password is wrong'

export function createAuthenticate(deps: {
  readonly accounts: Pick<AccountStore, 'findById' | 'resolveName'>
  readonly passwords: Passwords
  readonly secrets: Secrets
  readonly tokens: Tokens
  readonly throttle: LoginThrottle
  readonly refusals: Refusals
  readonly now: () => number
}): Authenticate {
  const { accounts, passwords, secrets, tokens, throttle, refusals, now } = deps

  async function byJwt(token: string, { address, graceMs = 0 }: Presentation): Promise<Authentication> {
    const claims = tokens.verify(token)
    if (claims === undefined) return refuse('the token is not one of this registry; log in again')
    const endsAt = claims.expiresAt + CLOCK_LEEWAY_MS + graceMs
    if (endsAt <= now()) return refuse('the token has expired; get a new one')
    const restsOn = await behindJwt(claims.holder, address)
    if (restsOn === undefined) return refuse('the token was revoked; log in again')
    return { kind: 'credential', credential: exchangedCredential(restsOn, narrowingOf(claims), endsAt) }
  }

  /** What a JWT was exchanged for, if that still holds: looked up at each request (I7). */
  async function behindJwt(holder: TokenHolder, address: string): Promise<Credential | undefined> {
    if (holder.kind === 'anonymous') return ANONYMOUS
    if (holder.kind === 'robot') return secrets.recallRobot(holder.id, holder.secretId, address)
    const account = await accounts.findById(holder.id)
    if (account === undefined || account.disabledAt !== undefined) return undefined
    // An access token outlives a change of its owner's password (S52); what was made with the password does not.
    if (holder.through?.kind === 'access-token') return secrets.recallAccessToken(account, holder.through.id, address)
    if (account.credentialsVersion !== holder.credentialsVersion) return undefined
    if (holder.through === undefined) return userCredential(account, { kind: 'password' })
    return secrets.recallRefreshToken(account, holder.through.id, address)
  }

  /** Leaves a login that failed for the audit trail. */
  function noteRefusal(username: string, { address, requestId }: Presentation, reason: string): void {
    const origin = { accountId: undefined, accountName: '', credential: 'none', address, requestId }
    // Some paste their token where the name belongs; the trail must not hold it (S29).
    const object = readSecretText(username).kind === 'other' ? username : ''
    refusals.note({ action: 'login', object, ownerId: undefined, origin, detail: { reason } })
  }

  async function checkPassword(
    username: string,
    password: string,
    presentation: Presentation,
  ): Promise<Authentication> {
    const account = await accounts.resolveName(username)
    const name = account?.name ?? username
    const attempt = { username: name, address: presentation.address }
    const tooEarly = await throttle.secondsToWait(attempt)
    if (tooEarly !== undefined) return refuseThrottled(username, presentation, tooEarly)
    const isRight = await passwords.verify(name, account?.passwordHash, password)
    const isGood = isRight && account !== undefined && account.disabledAt === undefined
    // Of many guesses sent at once, those that were checked after the limit was reached get no answer, right or wrong.
    const tooMany = await throttle.secondsToWait(attempt)
    if (!isGood) await throttle.failed(attempt)
    if (tooMany !== undefined) return refuseThrottled(username, presentation, tooMany)
    if (isGood) {
      await throttle.succeeded(attempt)
      return { kind: 'credential', credential: userCredential(account, { kind: 'password' }) }
    }
    noteRefusal(username, presentation, WRONG_PAIR)
    return refuse(WRONG_PAIR)
  }

  function refuseThrottled(username: string, presentation: Presentation, seconds: number): Authentication {
    noteRefusal(username, presentation, 'too many wrong tries')
    return { kind: 'throttled', retryAfterSeconds: seconds }
  }

  /** Secrets are not throttled: nobody guesses 238 bits, but an expired one in a busy cluster fails all day. */
  async function checkSecret(
    outcome: Promise<SecretOutcome>,
    username: string,
    presentation: Presentation,
  ): Promise<Authentication> {
    const checked = await outcome
    if (checked.kind === 'refused') noteRefusal(username, presentation, checked.reason)
    return checked
  }

  function byPassword(text: string, password: string, presentation: Presentation): Promise<Authentication> {
    const username = text.toLowerCase()
    if (readSecretText(password).kind === 'other') return checkPassword(username, password, presentation)
    const presented = secrets.present(password, { username, address: presentation.address })
    return checkSecret(presented, username, presentation)
  }

  async function byBearer(text: string, presentation: Presentation): Promise<Authentication> {
    if (readSecretText(text).kind === 'other') return byJwt(text, presentation)
    const presented = secrets.present(text, { username: undefined, address: presentation.address })
    return checkSecret(presented, '', presentation)
  }

  async function byBasic(value: string, presentation: Presentation): Promise<Authentication> {
    const pair = Buffer.from(value, 'base64').toString('utf8')
    const colon = pair.indexOf(':')
    if (colon < 0) return refuse('the user name and password could not be read')
    const username = pair.slice(0, colon)
    const password = pair.slice(colon + 1)
    // dockerd and the conformance tool send an empty pair and mean: I have none.
    if (username === '' && password === '') return { kind: 'none' }
    return byPassword(username, password, presentation)
  }

  return {
    byPassword,

    async byHeader(header, presentation) {
      if (header === undefined) return { kind: 'none' }
      const separator = header.indexOf(' ')
      const scheme = header.slice(0, separator < 0 ? undefined : separator).toLowerCase()
      const value = separator < 0 ? '' : header.slice(separator + 1).trim()
      if (scheme === 'bearer') return byBearer(value, presentation)
      if (scheme === 'basic') return byBasic(value, presentation)
      return refuse('this kind of authorization is not known here')
    },

    byRefreshToken: (text, presentation) =>
      checkSecret(secrets.presentRefreshToken(text, presentation.address), '', presentation),
  }
}

function refuse(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason }
}
