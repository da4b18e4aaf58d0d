import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type Credentials, createBearerAuthorization, type TokenUse } from './bearer-authorization.ts'
import { exchange, type OciRequest, type OciResponse } from './exchange.ts'

/** A request whose URL may be relative to the registry, as `Location` often is. */
export type RelativeRequest = Omit<OciRequest, 'url'> & { readonly url: string | URL }

/** The barest client of a registry: it can log in and nothing else; what a request means is the test's business. */
export interface OciClient {
  /**
   * Sends a request, and once more with a token when it is challenged. The body travels both times.
   * @throws Error when the connection breaks or no token is to be had.
   */
  send(request: RelativeRequest): Promise<OciResponse>
  /** Closes the idle connections. */
  close(): void
}

/** Makes a client for the registry at `url` (`http://host:port`). */
export function createOciClient(url: string, credentials: Credentials, tokenUse: TokenUse): OciClient {
  const agent = url.startsWith('https:') ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const authorization = createBearerAuthorization(credentials, tokenUse, (request) => exchange(agent, request))

  return {
    async send(relative) {
      const request: OciRequest = { ...relative, url: new URL(relative.url, url) }
      const first = await exchange(agent, authorized(request, authorization.find(request)))
      if (first.status !== 401) return first
      return exchange(agent, authorized(request, await authorization.answer(first)))
    },

    close: () => agent.destroy(),
  }
}

function authorized(request: OciRequest, value: string | undefined): OciRequest {
  return value === undefined ? request : { ...request, headers: { ...request.headers, Authorization: value } }
}
