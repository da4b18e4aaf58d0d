import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseRepositoryName, type RepositoryName } from '../../oci/repository-name.ts'
import type { Place } from '../../storage/metadata/repositories.ts'
import type { Caller } from '../access/caller.ts'
import type { Credential } from '../access/credential.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { DistributionPath, PathKind } from './path.ts'

/** One request on `/v2` whose caller is known and may do what it asks. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: RequestContext
  readonly path: DistributionPath
  readonly query: URLSearchParams
  readonly credential: Credential
  /** Where the path's name leads, as the policy saw it; undefined on paths that name no repository. */
  readonly place: Place | undefined
}

/** An exchange on one kind of path. */
export type ExchangeOn<K extends PathKind> = Exchange & { readonly path: Extract<DistributionPath, { kind: K }> }

/** Tells the compiler what the dispatcher knows: which kind of path an exchange is on. */
export function isOn<K extends PathKind>(exchange: Exchange, kind: K): exchange is ExchangeOn<K> {
  return exchange.path.kind === kind
}

/** The caller, as use cases know it. */
export function callerOf({ credential, context }: Exchange): Caller {
  return { credential, address: context.address, requestId: context.id }
}

/** The place that an exchange on a repository's path is about. */
export function placeOf({ place, context }: Exchange): Place {
  if (place === undefined) throw new Error(`${context.route} is about a repository, but its path names none`)
  return place
}

/** The repository's name as the client wrote it: what URLs are made of in answers. @throws RegistryError NAME_INVALID */
export function nameOf(path: { readonly name: string }): RepositoryName {
  return parseRepositoryName(path.name)
}

/** Headers of every answer on `/v2`; old docker and other registries' clients look for the first. */
const COMMON_HEADERS = ['Docker-Distribution-Api-Version', 'registry/2.0', 'X-Content-Type-Options', 'nosniff'] as const

/**
 * Sends an answer. Headers go out exactly as given, as a flat list of names and values: no framework adds a charset,
 * a weak ETag or an encoding (TOP-7, TOP-8).
 */
export function respond(
  { response, context }: Pick<Exchange, 'response' | 'context'>,
  status: number,
  headers: readonly string[],
  body?: Uint8Array | string,
): void {
  response.writeHead(status, responseHeaders(context, headers))
  response.end(body)
}

/** The headers of an answer together with those of every answer. */
export function responseHeaders(context: RequestContext, headers: readonly string[]): string[] {
  return [...COMMON_HEADERS, 'X-Request-Id', context.id, ...headers]
}
