import { type RepositoryName, readRepositoryName } from './repository-name.ts'

/** What a token may be asked for on a repository, in the words of Docker's token protocol. */
export type ScopeAction = 'pull' | 'push' | 'delete'

/** Something a client wants a token for. */
export type Scope =
  | { readonly kind: 'repository'; readonly name: RepositoryName; readonly actions: readonly ScopeAction[] }
  /** `registry:catalog:*` (podman, crane) or `registry:catalog:search` (dockerd): may list what it may see. */
  | { readonly kind: 'catalog' }

/** Enough for every mount a client offers. */
const MAX_SCOPES = 64

/** Characters of all names together: they come back in the token, and a header may have 16 KiB (RESP-5). */
const MAX_NAMES_LENGTH = 6 * 1024

const ALL_ACTIONS: readonly ScopeAction[] = ['pull', 'push', 'delete']

/**
 * Reads the `scope` parameters of a token request. Clients repeat the parameter, put several scopes into one value
 * separated by spaces, or both at once. What is not understood is dropped in silence: a token for less is the
 * protocol's answer, an error would break every client that asks for more than it needs.
 */
export function parseScopes(parameters: readonly string[]): Scope[] {
  const actionsByName = new Map<RepositoryName, Set<ScopeAction>>()
  let catalog = false
  let namesLength = 0
  for (const text of parameters.flatMap((parameter) => parameter.split(/\s+/, MAX_SCOPES)).slice(0, MAX_SCOPES)) {
    // A name may hold colons (host:port), so the type ends at the first colon and the actions begin at the last.
    const typeEnd = text.indexOf(':')
    const actionsStart = text.lastIndexOf(':')
    if (typeEnd < 0 || actionsStart === typeEnd) continue
    const type = text.slice(0, typeEnd).replace(/\([^()]*\)$/, '')
    const name = text.slice(typeEnd + 1, actionsStart)
    if (type === 'registry' && name === 'catalog') catalog = true
    if (type !== 'repository') continue
    const repository = readRepositoryName(name)
    if (repository === undefined) continue
    const known = actionsByName.get(repository)
    if (known === undefined) {
      if (namesLength + repository.length > MAX_NAMES_LENGTH) continue
      namesLength += repository.length
    }
    const actions = known ?? new Set()
    for (const action of parseActions(text.slice(actionsStart + 1))) actions.add(action)
    actionsByName.set(repository, actions)
  }
  const scopes: Scope[] = []
  for (const [name, actions] of actionsByName) scopes.push({ kind: 'repository', name, actions: [...actions] })
  if (catalog) scopes.push({ kind: 'catalog' })
  return scopes
}

function parseActions(text: string): readonly ScopeAction[] {
  const actions = text.split(',', 16)
  // skopeo asks for `*` before it deletes.
  if (actions.includes('*')) return ALL_ACTIONS
  return ALL_ACTIONS.filter((action) => actions.includes(action))
}
