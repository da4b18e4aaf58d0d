import type { IncomingMessage, ServerResponse } from 'node:http'
import { RegistryError } from '../../oci/error-codes.ts'
import { parseScopes } from '../../oci/scope.ts'
import type { Authenticate, Authentication } from '../access/authenticate.ts'
import { ANONYMOUS, type Credential, subjectName } from '../access/credential.ts'
import type { TokenExchange } from '../access/token-exchange.ts'
import type { ReportFault, RequestContext, RequestHandler } from '../http/request-context.ts'
import { respondToError } from './errors.ts'
import { respond } from './exchange.ts'
import { readBody } from './request-body.ts'

/** Bytes of a form; podman repeats scopes in it, many clients put many into one. */
const MAX_FORM_BYTES = 1024 * 1024

/** What a request for a token comes down to, whichever way it was made. */
interface TokenRequest {
  readonly credential: Credential
  readonly parameters: URLSearchParams
  /** Whether the client would like a refresh token to keep instead of the password. */
  readonly offline: boolean
  /** The refresh token it came with, which it gets back: it must go on working for years (RESP-4). */
  readonly refreshToken: string | undefined
}

/**
 * `/token`: GET with Basic (docker, podman, ggcr), or POST of a form with a password or a refresh token (containerd,
 * oras, docker with an identity token). Scopes that the caller does not have are left out of the token without a word.
 */
export function createTokenEndpoint(deps: {
  readonly authenticate: Authenticate
  readonly exchange: TokenExchange
  readonly reportFault: ReportFault
}): RequestHandler {
  const { authenticate, exchange, reportFault } = deps

  async function readGet(request: IncomingMessage, parameters: URLSearchParams): Promise<TokenRequest> {
    const authentication = await authenticate(request.headers.authorization, { graceMs: 0 })
    const credential = authentication.kind === 'none' ? ANONYMOUS : credentialOr401(authentication)
    // A token that could be exchanged for the next one would never expire (S02).
    if (credential.exchangedFor !== undefined) throw wrongCredentials('send a user name and a password, not a token')
    return { credential, parameters, offline: parameters.get('offline_token') === 'true', refreshToken: undefined }
  }

  async function readPost(request: IncomingMessage): Promise<TokenRequest> {
    const form = new URLSearchParams((await readBody(request, MAX_FORM_BYTES, 'a token request')).toString('utf8'))
    const offline = form.get('access_type') === 'offline'
    if (form.get('grant_type') === 'refresh_token') {
      const refreshToken = form.get('refresh_token') ?? ''
      const credential = await exchange.findRefreshed(refreshToken)
      if (credential === undefined) throw wrongCredentials('the refresh token is not valid any more; log in again')
      return { credential, parameters: form, offline: false, refreshToken }
    }
    if (form.get('grant_type') !== 'password') throw new UnsupportedGrant()
    const pair = `${form.get('username') ?? ''}:${form.get('password') ?? ''}`
    const authentication = await authenticate(`Basic ${Buffer.from(pair).toString('base64')}`, { graceMs: 0 })
    return { credential: credentialOr401(authentication), parameters: form, offline, refreshToken: undefined }
  }

  async function run(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void> {
    context.route = 'token'
    const { method } = request
    if (method !== 'GET' && method !== 'POST') {
      throw new RegistryError('UNSUPPORTED', { message: 'use GET or POST here', headers: { Allow: 'GET, POST' } })
    }
    const url = request.url ?? ''
    const queryStart = url.indexOf('?')
    const query = new URLSearchParams(queryStart < 0 ? '' : url.slice(queryStart + 1))
    const asked = method === 'GET' ? await readGet(request, query) : await readPost(request)
    const { credential, parameters, offline } = asked
    context.subject = subjectName(credential.subject)
    const granted = await exchange.grant({
      credential,
      scopes: parseScopes(parameters.getAll('scope')),
      service: (parameters.get('service') ?? hostOf(context.origin)).slice(0, 255),
      offline,
    })
    const refreshToken = asked.refreshToken ?? granted.refreshToken
    const body = JSON.stringify({
      token: granted.token,
      access_token: granted.token,
      expires_in: granted.expiresInSeconds,
      issued_at: new Date(granted.issuedAt).toISOString(),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    })
    const length = String(Buffer.byteLength(body))
    const headers = ['Content-Type', 'application/json', 'Content-Length', length, 'Cache-Control', 'no-store']
    respond({ response, context }, 200, headers, body)
  }

  return (request, response, context) => {
    run(request, response, context).catch((error: unknown) => {
      // OAuth's own form, by which containerd knows that it should try GET (TOK-5).
      if (error instanceof UnsupportedGrant) {
        respond({ response, context }, 400, ['Content-Type', 'application/json'], '{"error":"unsupported_grant_type"}')
      } else respondToError(error, { request, response, context, reportFault })
    })
  }
}

class UnsupportedGrant extends Error {
  override readonly name = 'UnsupportedGrant'
}

/** Wrong credentials are refused even where anonymous would do: a login with a typo must fail (TOK-6). */
function credentialOr401(authentication: Authentication): Credential {
  if (authentication.kind === 'credential') return authentication.credential
  throw wrongCredentials(
    authentication.kind === 'refused' ? authentication.reason : 'a user name and a password are needed',
  )
}

function wrongCredentials(message: string): RegistryError {
  return new RegistryError('UNAUTHORIZED', { message })
}

function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('://') + 3)
}
