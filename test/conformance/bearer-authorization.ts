import { z } from 'zod'
import type { OciRequest, OciResponse } from './exchange.ts'

/** Some clients read the one, some the other: a registry that wants to serve them all sends both. */
const TOKEN_ANSWER = z.object({ token: z.string(), access_token: z.string() })

/** How a client treats what it was given: real clients do the first, a suspicious proxy makes them do the second. */
export type TokenUse = 'kept' | 'asked for anew'

/** Both ways, for `describe.each`. */
export const TOKEN_USES: readonly TokenUse[] = ['kept', 'asked for anew']

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Finds the `Authorization` a request needs. */
export interface BearerAuthorization {
  /** What an earlier answer gave for requests like this one; undefined when there was none or nothing is kept. */
  find(request: OciRequest): string | undefined
  /**
   * Answers a 401: gets a token for exactly what the challenge names.
   * @throws Error when the challenge is not one Bearer challenge, or the token cannot be had.
   */
  answer(challenged: OciResponse): Promise<string>
}

/**
 * The token flow of the distribution-spec's own conformance tool: a token is kept per repository and kind of request
 * (read, write, delete), so the token of a status GET may only pull, and a mount comes with a token that does not
 * name the source. A registry has to cope with both, or challenge again.
 */
export function createBearerAuthorization(
  credentials: Credentials,
  tokenUse: TokenUse,
  exchange: (request: OciRequest) => Promise<OciResponse>,
): BearerAuthorization {
  const kept = new Map<string, string>()
  return {
    find: (request) => kept.get(keyOf(request)),

    async answer(challenged) {
      const { realm, service, scope } = parseChallenge(challenged)
      const url = new URL(realm, challenged.request.url)
      url.search = new URLSearchParams({ service, ...(scope === undefined ? {} : { scope }) }).toString()
      const basic = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')
      const answer = await exchange({
        method: 'GET',
        url,
        headers: { Accept: 'application/json', Authorization: `Basic ${basic}` },
      })
      if (answer.status !== 200) throw new Error(`GET ${url} → ${answer.status} ${answer.body}; 200 was expected`)
      const { token } = TOKEN_ANSWER.parse(JSON.parse(answer.body.toString()))
      const authorization = `Bearer ${token}`
      if (tokenUse === 'kept') kept.set(keyOf(challenged.request), authorization)
      return authorization
    },
  }
}

function parseChallenge({ headers, request }: OciResponse): { realm: string; service: string; scope?: string } {
  const challenge = headers['www-authenticate'] ?? ''
  if (!/^Bearer [a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*$/.test(challenge)) {
    throw new Error(`${request.method} ${request.url} → 401 with “${challenge}”; one Bearer challenge was expected`)
  }
  const parameters = new Map<string, string>()
  for (const [, name = '', value = ''] of challenge.matchAll(/([a-z_]+)="([^"]*)"/g)) parameters.set(name, value)
  const scope = parameters.get('scope')
  return {
    realm: parameters.get('realm') ?? '',
    service: parameters.get('service') ?? '',
    ...(scope === undefined ? {} : { scope }),
  }
}

function keyOf({ method, url }: OciRequest): string {
  const repository = /^\/v2\/(.+)\/(?:blobs|manifests|tags|referrers)\//.exec(url.pathname)?.[1] ?? ''
  const kind = method === 'GET' || method === 'HEAD' ? 'read' : method === 'DELETE' ? 'delete' : 'write'
  return `${url.host} ${repository} ${kind}`
}
