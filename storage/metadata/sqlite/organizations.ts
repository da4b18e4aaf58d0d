import { RegistryError } from '../../../oci/error-codes.ts'
import type { Account, NewOrganization } from '../accounts.ts'
import type { Origin } from '../audit-events.ts'
import { drawVersion } from '../versions.ts'
import { createAccountIndexer } from './account-indexer.ts'
import { createAccountNames } from './account-names.ts'
import { type AccountRow, toAccount } from './account-rows.ts'
import { createAuditRecorder } from './audit-events.ts'
import { createMemberAdder } from './members.ts'
import type { StoreContext } from './store-context.ts'

/**
 * Makes the function that creates an organization with its first owner, inside the transaction of its caller: undefined
 * when the name is not free.
 */
export function createOrganizationCreator(
  context: StoreContext,
): (organization: NewOrganization, origin: Origin) => Account | undefined {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const names = createAccountNames(context)
  const addMember = createMemberAdder(context)
  const indexer = createAccountIndexer(context)
  const insert = db.prepare<[string, string | null, number, number], AccountRow>(`
    INSERT INTO account (kind, name, display_name, created_at, version)
    VALUES ('organization', ?, ?, ?, ?) RETURNING *`)
  return ({ name, displayName, ownerId }, origin) => {
    if (!names.take(name)) return undefined
    const row = insert.get(name, displayName ?? null, now(), drawVersion())
    if (row === undefined) throw new Error(`inserting account ${name} returned no row`)
    record('account.created', { name, ownerId: row.id }, origin, { kind: 'organization' })
    indexer.index(row)
    const account = toAccount(row)
    if (ownerId !== undefined) addMember(account.id, ownerId, 'owner', origin)
    return account
  }
}

/**
 * Makes the function that finds the account of a namespace, also by a former name, and creates an organization where
 * there is none. It throws RegistryError DENIED when the name is held: what clients push and pull under it by habit
 * must not come into other hands so soon.
 */
export function createOrganizationEnsurer(context: StoreContext): (name: string, origin: Origin) => Account {
  const names = createAccountNames(context)
  const createOrganization = createOrganizationCreator(context)
  return (name, origin) => {
    const holder = names.findHolder(name)
    if (holder !== undefined) return toAccount(holder)
    const created = createOrganization({ name, displayName: undefined, ownerId: undefined }, origin)
    if (created !== undefined) return created
    throw new RegistryError('DENIED', {
      message: `the name ${name} was given up recently and is held for some time; push under another name`,
    })
  }
}
