import type { IncomingMessage, ServerResponse } from 'node:http'
import { RegistryError } from '../../oci/error-codes.ts'
import { parseScopes } from '../../oci/scope.ts'
import type { Authenticate, Authentication, Presentation } from '../access/authenticate.ts'
import { ANONYMOUS, type Credential, subjectName } from '../access/credential.ts'
import type { TokenExchange } from '../access/token-exchange.ts'
import type { ReportFault, RequestContext, RequestHandler } from '../http/request-context.ts'
import { requireOwnSite, respondToError, throttled } from './errors.ts'
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

  async function readGet(
    request: IncomingMessage,
    context: RequestContext,
    query: URLSearchParams,
  ): Promise<TokenRequest> {
    const authentication = await authenticate.byHeader(request.headers.authorization, presentationOf(context))
    const credential = authentication.kind === 'none' ? ANONYMOUS : credentialOr401(authentication)
    // A token that could be exchanged for the next one would never expire (S02).
    if (credential.exchangedFor !== undefined) throw wrongCredentials('send a user name and a password, not a token')
    return { credential, parameters: query, offline: query.get('offline_token') === 'true', refreshToken: undefined }
  }

  async function readPost(request: IncomingMessage, context: RequestContext): Promise<TokenRequest> {
    const form = new URLSearchParams((await readBody(request, MAX_FORM_BYTES, 'a token request')).toString('utf8'))
    const offline = form.get('access_type') === 'offline'
    const presentation = presentationOf(context)
    if (form.get('grant_type') === 'refresh_token') {
      const refreshToken = form.get('refresh_token') ?? ''
      const authentication = await authenticate.byRefreshToken(refreshToken, presentation)
      return { credential: credentialOr401(authentication), parameters: form, offline: false, refreshToken }
    }
    if (form.get('grant_type') !== 'password') throw new UnsupportedGrant()
    const username = form.get('username') ?? ''
    const authentication = await authenticate.byPassword(username, form.get('password') ?? '', presentation)
    return { credential: credentialOr401(authentication), parameters: form, offline, refreshToken: undefined }
  }

  async function run(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void> {
    context.route = 'token'
    const { method } = request
    if (method !== 'GET' && method !== 'POST') {
      throw new RegistryError('UNSUPPORTED', { message: 'use GET or POST here', headers: { Allow: 'GET, POST' } })
    }
    requireOwnSite(request, context)
    const url = request.url ?? ''
    const queryStart = url.indexOf('?')
    const query = new URLSearchParams(queryStart < 0 ? '' : url.slice(queryStart + 1))
    const asked = method === 'GET' ? await readGet(request, context, query) : await readPost(request, context)
    const { credential, parameters, offline } = asked
    context.subject = subjectName(credential.subject)
    const granted = await exchange.grant(
      {
        scopes: parseScopes(parameters.getAll('scope')),
        service: (parameters.get('service') ?? hostOf(context.origin)).slice(0, 255),
        offline,
      },
      { credential, address: context.address, requestId: context.id },
    )
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
  if (authentication.kind === 'throttled') throw throttled(authentication.retryAfterSeconds)
  throw wrongCredentials(
    authentication.kind === 'refused' ? authentication.reason : 'a user name and a password are needed',
  )
}

function presentationOf({ address, id }: RequestContext): Presentation {
  return { address, requestId: id }
}

function wrongCredentials(message: string): RegistryError {
  return new RegistryError('UNAUTHORIZED', { message })
}

function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('://') + 3)
}
