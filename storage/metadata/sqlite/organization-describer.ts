import type { AccountId } from '../identities.ts'
import type { AuditObject } from './audit-events.ts'
import type { StoreContext } from './store-context.ts'

/** Makes the function that says what an event about something in an organization is about: `acme/teams/web`. */
export function createOrganizationDescriber({
  db,
}: StoreContext): (organizationId: AccountId, path: string) => AuditObject {
  const select = db.prepare<[number], { name: string }>(
    "SELECT name FROM account WHERE id = ? AND kind = 'organization'",
  )
  return (organizationId, path) => {
    const organization = select.get(organizationId)
    if (organization === undefined)
      throw new Error(`there is no organization ${organizationId} that could have ${path}`)
    return { name: `${organization.name}/${path}`, ownerId: organizationId }
  }
}
