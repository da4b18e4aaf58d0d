/** Why a request is turned away: nothing was presented, what was presented is no good, or it is not enough. */
export type ChallengeCause =
  | { readonly kind: 'unauthenticated' }
  | { readonly kind: 'invalid'; readonly description: string }
  | { readonly kind: 'insufficient'; readonly description: string }

const ERROR_OF = { invalid: 'invalid_token', insufficient: 'insufficient_scope' } as const

/**
 * The one `WWW-Authenticate` header of a 401, in the form that Distribution made the standard: docker and podman learn
 * only from it where to get a token; docker shows `error_description` to its user.
 * @param origin scheme and host as the client sees them; ggcr refuses a realm on another private address.
 */
export function formatChallenge(origin: string, scope: string | undefined, cause: ChallengeCause): string {
  const service = origin.slice(origin.indexOf('://') + 3)
  const parts = [`realm="${origin}/token"`, `service="${service}"`]
  if (scope !== undefined) parts.push(`scope="${scope}"`)
  if (cause.kind !== 'unauthenticated') {
    parts.push(`error="${ERROR_OF[cause.kind]}"`, `error_description="${quotable(cause.description)}"`)
  }
  return `Bearer ${parts.join(',')}`
}

/** Keeps a text from ending its quoted string or its header. */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, "'")
}
