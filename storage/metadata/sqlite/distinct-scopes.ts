import { includesPermission, type Permission } from '../../../oci/permission.ts'

/** Scopes with each pattern once: of several for the same one the strongest counts, as it does among grants. */
export function distinctScopes<Scope extends { readonly pattern: string; readonly permission: Permission }>(
  scopes: readonly Scope[],
): readonly Scope[] {
  const strongest = new Map<string, Scope>()
  for (const scope of scopes) {
    const other = strongest.get(scope.pattern)
    if (other === undefined || includesPermission(scope.permission, other.permission))
      strongest.set(scope.pattern, scope)
  }
  return [...strongest.values()]
}
