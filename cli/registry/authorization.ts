import { CliError } from '../cli-error.ts'
import type { Credential } from '../credentials/credential.ts'
import { EXIT } from '../exit-codes.ts'
import { exchange, readText } from '../http/exchange.ts'
import { type Challenge, parseChallenges } from './challenge.ts'

/** What somebody wants to do: one or more of `repository:acme/web:pull,push`. */
export type Scopes = readonly string[]

/** Says to a registry who asks, in the way that the registry wants to be told. */
export interface Authorization {
  /** Whether there is a credential for this registry at all. */
  readonly isKnown: boolean
  /** The header for a request; undefined as long as the registry has not said what it wants. */
  headerFor(scopes: Scopes): Promise<string | undefined>
  /**
   * Takes note of what a 401 asks for.
   * @param sent the header that was refused.
   * @returns whether trying again makes sense.
   */
  learn(challenge: string | undefined, scopes: Scopes, sent: string | undefined): Promise<boolean>
}

interface Token {
  readonly header: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A token is not used in its last seconds: the clocks of two machines differ. */
const MARGIN_MS = 10_000
/** What a token lives when its issuer does not say (distribution, docs/spec/auth/token.md). */
const DEFAULT_LIFE_SECONDS = 60
const MAX_TOKEN_BYTES = 1024 * 1024

/**
 * Basic, or Docker's token flow: a token per set of scopes, kept until it ends.
 * @param options.url the registry's own address; a realm that is elsewhere is asked all the same, as docker does.
 */
export function createAuthorization(options: {
  readonly url: URL
  readonly credential: Credential | undefined
  readonly signal?: AbortSignal | undefined
  readonly now?: () => number
}): Authorization {
  const { url, credential, signal, now = Date.now } = options
  const tokens = new Map<string, Promise<Token>>()
  let wanted: Challenge | undefined

  async function headerFor(scopes: Scopes): Promise<string | undefined> {
    // A Kontor takes its access tokens as they are.
    if (credential?.kind === 'access-token') return `Bearer ${credential.token}`
    if (wanted === undefined) return undefined
    if (wanted.scheme === 'basic') return credential?.kind === 'password' ? basicOf(credential) : undefined
    const key = [...scopes].sort().join(' ')
    const kept = await tokens.get(key)
    if (kept !== undefined && kept.expiresAt - MARGIN_MS > now()) return kept.header
    // Requests side by side share one token.
    const asked = fetchToken(wanted, scopes)
    tokens.set(key, asked)
    try {
      return (await asked).header
    } catch (error) {
      tokens.delete(key)
      throw error
    }
  }

  async function fetchToken({ parameters }: Challenge, scopes: Scopes): Promise<Token> {
    const { realm = '', service } = parameters
    const target = URL.parse(realm)
    if (target === null || (target.protocol === 'http:' && url.protocol === 'https:')) {
      throw new CliError(
        `${url.host} sends to ${JSON.stringify(realm.slice(0, 200))} for tokens, which is no safe address`,
      )
    }
    const response = await exchange({ ...tokenRequest(target, service, scopes), signal })
    const text = await readText(response, MAX_TOKEN_BYTES)
    if (response.status !== 200) throw refused(response.status, text)
    const { token, access_token, expires_in } = JSON.parse(text) as Record<string, unknown>
    const value = token ?? access_token
    if (typeof value !== 'string') throw new CliError(`${target.host} answers a request for a token without one`)
    const seconds = typeof expires_in === 'number' && expires_in > 0 ? expires_in : DEFAULT_LIFE_SECONDS
    // One that ends at once would be asked for again and again.
    return { header: `Bearer ${value}`, expiresAt: now() + Math.max(seconds * 1000, 2 * MARGIN_MS) }
  }

  function tokenRequest(realm: URL, service: string | undefined, scopes: Scopes) {
    const ofService: [string, string][] = service === undefined ? [] : [['service', service]]
    if (credential?.kind === 'identity-token') {
      const body = new URLSearchParams([
        ['grant_type', 'refresh_token'],
        ...ofService,
        ['client_id', 'kontor'],
        ['refresh_token', credential.token],
        ['scope', scopes.join(' ')],
      ]).toString()
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' }
      return { method: 'POST', url: realm, headers, body }
    }
    const target = new URL(realm)
    for (const [name, value] of ofService) target.searchParams.set(name, value)
    for (const scope of scopes) target.searchParams.append('scope', scope)
    const own = credential?.kind === 'password' ? { Authorization: basicOf(credential) } : {}
    return { method: 'GET', url: target, headers: { Accept: 'application/json', ...own } }
  }

  function refused(status: number, text: string): CliError {
    const said = /"(?:message|details|error_description)"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]
    const isRefusal = status === 401 || status === 403 || status === 400
    return new CliError(`${url.host} gives no token${said === undefined ? ` (${status})` : `: ${said}`}`, {
      exitCode: isRefusal ? EXIT.notAuthenticated : status === 429 ? EXIT.rateLimited : EXIT.error,
      hint: isRefusal ? `try: kontor login ${url.host}` : undefined,
    })
  }

  return {
    isKnown: credential !== undefined,
    headerFor,
    async learn(challenge, scopes, sent) {
      const offered = parseChallenges(challenge)
      const chosen =
        offered.find(({ scheme, parameters }) => scheme === 'bearer' && parameters['realm'] !== undefined) ??
        offered.find(({ scheme }) => scheme === 'basic')
      if (chosen === undefined) return false
      wanted = chosen
      if (sent === undefined) return (await headerFor(scopes)) !== undefined
      // A token may have been withdrawn; what it was refused for otherwise, another one will be, too.
      const isStale = chosen.parameters['error'] === 'invalid_token' && credential?.kind !== 'access-token'
      if (!isStale) return false
      tokens.clear()
      return (await headerFor(scopes)) !== sent
    },
  }
}

function basicOf({ username, password }: Extract<Credential, { kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
