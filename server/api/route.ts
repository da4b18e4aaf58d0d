import type { Request, Response } from 'express'
import type { z } from 'zod'
import type { IfVersion } from '../../storage/metadata/versions.ts'
import type { Caller } from '../access/caller.ts'
import type { Credential } from '../access/credential.ts'
import type { Admitted } from './admission.ts'
import { Problem } from './problem.ts'
import type { ApiRule } from './rule.ts'

/** What a handler is given beside what its rule found. */
export interface ApiRequest<Query = unknown, Body = unknown> {
  /** The parts of the path that the route names, percent-decoding done. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  readonly credential: Credential
  readonly caller: Caller
  /** Scheme and host as the client sees them. */
  readonly origin: string
  /** What `If-Match` asks for. */
  readonly ifVersion: IfVersion | undefined
  /** The request itself, for a body that is no JSON. */
  readonly exchange: { readonly request: Request; readonly response: Response }
  /** Asks for credentials and rule once more, for a body that took long to come: a right that was taken away is gone (I7). */
  admitAgain(): Promise<void>
  /** The first of these media types that the client accepts best; undefined when none. */
  accepts(mediaTypes: readonly string[]): string | undefined
}

/** What a handler answers: a resource as JSON or one that is JSON already, a stream of text, a file to save, or nothing. */
export type ApiResponse<Result = unknown> =
  | {
      readonly status: 200 | 201
      readonly body: Result
      /** Of the resource in the body; becomes its `ETag`. */
      readonly version?: number
    }
  /** JSON that has been made already, in UTF-8. */
  | { readonly status: 200; readonly json: Uint8Array }
  | { readonly status: 204 }
  | { readonly status: 200; readonly mediaType: string; readonly text: AsyncIterable<string> }
  | {
      readonly status: 200
      readonly mediaType: string
      /** May be borrowed: each chunk has left before the next is asked for. */
      readonly bytes: AsyncIterable<Uint8Array>
      /** Of all the bytes. */
      readonly lengthBytes: number
      /** What the client is told to call it: letters, digits and `.-_` only. */
      readonly fileName: string
    }

export type ApiMethod = 'get' | 'post' | 'put' | 'patch' | 'delete'

/** One route of `/api/v1`, whole: path, rule, what it takes, what it answers, what it does. */
export interface ApiRouteDefinition<Rule extends ApiRule, Query, Body, Result> {
  readonly method: ApiMethod
  /** In Express' form, below `/api/v1`. */
  readonly path: `/${string}`
  /** What it does, in a few words, for the API's description. */
  readonly summary: string
  readonly access: Rule
  /** Checks the query and refuses parameters it does not know; undefined for routes without any. */
  readonly query?: z.ZodType<Query>
  /** Checks the body and refuses fields it does not know (S18); undefined for routes without one. */
  readonly body?: z.ZodType<Body>
  /** For a body that is a form with one file instead: the name of its field, and what the file is. */
  readonly file?: { readonly field: string; readonly description: string }
  /** What it answers with; undefined for 204. */
  readonly result?: z.ZodType<Result>
  /** Media types beside JSON that a client may accept instead, for the description. */
  readonly alsoAs?: readonly string[]
  /** The statuses of success. */
  readonly statuses: readonly (200 | 201 | 204)[]
  handle(request: ApiRequest<Query, Body>, admitted: Admitted<Rule>): Promise<ApiResponse<Result>>
}

/** A route as the table holds it. */
export interface ApiRoute
  extends Omit<ApiRouteDefinition<ApiRule, unknown, unknown, unknown>, 'handle' | 'query' | 'body' | 'result'> {
  readonly query: z.ZodType | undefined
  readonly body: z.ZodType | undefined
  readonly result: z.ZodType | undefined
  handle(request: ApiRequest<Readonly<Record<string, string>>>, admitted: Admitted<ApiRule>): Promise<ApiResponse>
}

/** Ties a handler to the types of its rule, query and body, then forgets them: the table holds routes of all kinds. */
export function apiRoute<Rule extends ApiRule, Query = undefined, Body = undefined, Result = undefined>(
  route: ApiRouteDefinition<Rule, Query, Body, Result>,
): ApiRoute {
  const { query, body, result, handle, ...rest } = route
  return {
    ...rest,
    query,
    body,
    result,
    handle: (request, admitted) =>
      handle(
        {
          ...request,
          query: query === undefined ? (refuseQuery(request.query) as Query) : query.parse(request.query),
          body: body === undefined ? (undefined as Body) : body.parse(request.body),
        },
        // The admission was made from this very route's rule.
        admitted as Admitted<Rule>,
      ),
  }
}

function refuseQuery(query: Readonly<Record<string, string>>): undefined {
  const [unknown] = Object.keys(query)
  if (unknown === undefined) return undefined
  throw new Problem(400, 'QUERY_INVALID', `there is no parameter ${unknown.slice(0, 50)} here; leave it out`)
}
