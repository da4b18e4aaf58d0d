/** What a client asks a token for, in Docker's words. */
export function pullScope(repository: string): string {
  return `repository:${repository}:pull`
}

export function pushScope(repository: string): string {
  return `repository:${repository}:pull,push,delete`
}

export const CATALOG_SCOPE = 'registry:catalog:*'
