import type { z } from 'zod'
import type { Credential } from '../access/credential.ts'
import type { Caller } from '../registry/caller.ts'

/** Who may use a route of the API. There is no default: a route that declares nothing does not compile (I6). */
export type ApiRule =
  /** Anybody at all. */
  | { readonly kind: 'public' }
  /** Anybody who has logged in. */
  | { readonly kind: 'authenticated' }
  /** Auditors and administrators of the instance, by a credential that is not narrowed. */
  | { readonly kind: 'instance-auditor' }
  /** Administrators of the instance, by a credential that is not narrowed. */
  | { readonly kind: 'instance-admin' }
  /** Whoever the handler's own look-up lets see the object; for all others it is a 404. */
  | { readonly kind: 'by-object' }

/** What a handler is given. */
export interface ApiRequest<Body> {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Body
  readonly credential: Credential
  readonly caller: Caller
}

/** What a handler answers: a resource as JSON, or nothing. */
export interface ApiResponse {
  readonly status: 200 | 201 | 204
  readonly body?: unknown
}

/** One route of `/api/v1`, whole: path, rule, what it takes, what it does. */
export interface ApiRoute<Body = unknown> {
  readonly method: 'get' | 'post' | 'patch' | 'delete'
  /** In Express' form, below `/api/v1`. */
  readonly path: string
  readonly access: ApiRule
  /** Checks the body and refuses fields it does not know (S18); undefined for routes without one. */
  readonly body: z.ZodType<Body> | undefined
  handle(request: ApiRequest<Body>): Promise<ApiResponse>
}

/** Ties a route's handler to the type of its body, then forgets the type: the table holds routes of all kinds. */
export function apiRoute<Body>(route: ApiRoute<Body>): ApiRoute {
  const { body, handle } = route
  return {
    ...route,
    handle: (request) =>
      handle({ ...request, body: body === undefined ? (undefined as Body) : body.parse(request.body) }),
  }
}
