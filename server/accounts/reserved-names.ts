/**
 * Names that nobody can take as an account, be it by signing up, by being created or by being renamed. What the instance
 * itself makes at its first start (`library`, the administrator that the settings name) is not asked.
 */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  // The first components of the registry's own paths, and what else is commonly served under the host of a registry: a
  // proxy's rule for one of them would catch the account's pages, or the account be taken for the service.
  ...['api', 'auth', 'catalog', 'health', 'healthz', 'livez', 'metrics', 'oauth', 'oauth2', 'readyz', 'token'],
  ...['v1', 'v2', 'v3', 'well-known'],

  // Pages and files of a web client that shows accounts under their names, next to these.
  ...['assets', 'docs', 'favicon.ico', 'invitation', 'invitations', 'login', 'logout', 'robots.txt', 'search'],
  ...['settings', 'signin', 'signup', 'static'],

  // What the registry calls its things: a sentence or a path with `teams` in it must not be about an account.
  ...['namespaces', 'organization', 'organizations', 'repositories', 'repository', 'robot', 'robots', 'teams'],
  ...['tokens', 'user', 'users'],

  // Whoever would be believed: a message or an image of theirs looks as if the operator had sent it.
  ...['admin', 'administrator', 'kontor', 'root', 'system'],

  // Everybody and nobody: in a grant, a log line or the audit trail these do not read like somebody's name.
  ...['anonymous', 'everybody', 'everyone', 'nobody', 'none', 'null', 'undefined'],

  // Clients fill it in by themselves: `nginx` is `library/nginx`. Images in it pass for official ones.
  'library',
])

/** Whether this name, in lower case as names of accounts are, is one that nobody can take. */
export function isReservedName(name: string): boolean {
  return RESERVED_NAMES.has(name)
}
