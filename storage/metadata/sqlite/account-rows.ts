import type { Account, BasePermission, InstanceRole } from '../accounts.ts'
import type { AccountId } from '../identities.ts'
import type { Visibility } from '../repositories.ts'

/** A row of the table of accounts. */
export interface AccountRow {
  id: number
  kind: 'user' | 'organization'
  name: string
  display_name: string | null
  email: string | null
  role: InstanceRole
  password_hash: string | null
  credentials_version: number
  base_permission: BasePermission
  default_visibility: Visibility
  disabled_at: number | null
  created_at: number
  version: number
}

export function toAccount(row: AccountRow): Account {
  return {
    id: row.id as AccountId,
    kind: row.kind,
    name: row.name,
    displayName: row.display_name ?? undefined,
    email: row.email ?? undefined,
    role: row.role,
    passwordHash: row.password_hash ?? undefined,
    credentialsVersion: row.credentials_version,
    basePermission: row.base_permission,
    defaultVisibility: row.default_visibility,
    disabledAt: row.disabled_at ?? undefined,
    createdAt: row.created_at,
    version: row.version,
  }
}
