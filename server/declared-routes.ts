import type { Page } from './api/app.ts'
import type { ApiMethod, ApiRoute } from './api/route.ts'
import type { ApiRule } from './api/rule.ts'
import type { AccessRule, Method, OperationTable } from './distribution/operations.ts'
import type { PathKind } from './distribution/path.ts'

/** One thing that can be asked of a server, and who may. */
export type DeclaredRoute =
  | { readonly door: 'distribution'; readonly method: Method; readonly path: PathKind; readonly access: AccessRule }
  | { readonly door: 'api'; readonly method: ApiMethod; readonly path: string; readonly access: ApiRule }
  | { readonly door: 'page'; readonly method: 'get'; readonly path: string; readonly access: ApiRule }
  /** Takes any credentials and grants what they may, in silence about the rest; so no rule can refuse. */
  | {
      readonly door: 'token'
      readonly method: 'GET' | 'POST'
      readonly path: '/token'
      readonly access: { readonly kind: 'public' }
    }

/** Everything that the doors of a server were made from: what the access matrix is generated from (I6). */
export function declareRoutes(doors: {
  readonly operations: OperationTable
  readonly routes: readonly ApiRoute[]
  readonly pages: readonly Page[]
}): readonly DeclaredRoute[] {
  const declared: DeclaredRoute[] = []
  for (const path of Object.keys(doors.operations) as PathKind[]) {
    for (const method of Object.keys(doors.operations[path]) as Method[]) {
      const operation = doors.operations[path][method]
      if (operation !== undefined) declared.push({ door: 'distribution', method, path, access: operation.access })
    }
  }
  for (const { method, path, access } of doors.routes) declared.push({ door: 'api', method, path, access })
  for (const { path, access } of doors.pages) declared.push({ door: 'page', method: 'get', path, access })
  const everybody = { kind: 'public' } as const
  declared.push({ door: 'token', method: 'GET', path: '/token', access: everybody })
  declared.push({ door: 'token', method: 'POST', path: '/token', access: everybody })
  return declared
}
