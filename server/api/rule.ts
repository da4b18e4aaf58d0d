import { PERMISSIONS, type Permission } from '../../oci/permission.ts'
import type { OrganizationRight } from '../accounts/organization-rights.ts'

/** Who may use a route of the API. There is no default: a route that declares nothing does not compile (I6). */
export type ApiRule =
  /** Anybody at all; what is shown may depend on who asks. */
  | { readonly kind: 'public' }
  /** Anybody who has logged in, robots and narrowed tokens included. */
  | { readonly kind: 'authenticated' }
  /** A user with all rights: by password or by an access token without scopes. */
  | { readonly kind: 'user' }
  /** Auditors or administrators of the instance, with all their rights. */
  | { readonly kind: 'instance'; readonly role: 'auditor' | 'admin' }
  /** The user whom `:user` names, with all rights, or an administrator; `read` lets auditors look. */
  | { readonly kind: 'account'; readonly access: 'read' | 'write' }
  /** A user with all rights who holds this right in the organization that `:org` names. */
  | { readonly kind: 'organization'; readonly right: OrganizationRight }
  | RepositoryRule
  | PushRule

/** Whoever may push to the repository that `:repository` names, narrowed or not; as on the wire, it need not be there yet. */
export interface PushRule {
  readonly kind: 'push'
  /** Whether it is the body's `name` instead: then only those who have logged in are let so far that it is read. */
  readonly named?: 'in-body'
  /** Fields of the body that take more than that, each with the permission that it takes. */
  readonly fields?: Readonly<Record<string, Permission>>
}

/** Whoever holds a permission on the repository that `:repository` names, narrowed or not. */
export interface RepositoryRule {
  readonly kind: 'repository'
  readonly permission: Permission
  /** Only users with all their rights: what happens here is about the user. */
  readonly by?: 'user'
  /** Fields of the body that take more than that, each with the permission that it takes. */
  readonly fields?: Readonly<Record<string, Permission>>
}

/** Fields of a body that take more than the rule of their route. */
export interface RaisedFields {
  /** The highest permission that one of them takes. */
  readonly permission: Permission
  readonly names: readonly string[]
}

/** What a body asks for that takes more than its route; undefined when there is nothing of the kind. */
export function findRaisedFields(rule: ApiRule, body: unknown): RaisedFields | undefined {
  if (rule.kind !== 'repository' && rule.kind !== 'push') return undefined
  if (rule.fields === undefined || typeof body !== 'object' || body === null) return undefined
  const raised = Object.entries(rule.fields).filter(([name]) => Object.hasOwn(body, name))
  const permission = PERMISSIONS.findLast((each) => raised.some(([, needed]) => needed === each))
  return permission && { permission, names: raised.map(([name]) => name) }
}

/** Whether a rule knows what it is about only once the body has been read. */
export function isNamedInBody(rule: ApiRule): boolean {
  return rule.kind === 'push' && rule.named === 'in-body'
}

/** What a body names; undefined when it names nothing. */
export function repositoryInBody(body: unknown): string | undefined {
  const name = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined
  return typeof name === 'string' ? name : undefined
}
