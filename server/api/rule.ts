import type { Permission } from '../../oci/permission.ts'
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
  /** Whoever holds this permission on the repository that `:repository` names, narrowed or not. */
  | { readonly kind: 'repository'; readonly permission: Permission }
