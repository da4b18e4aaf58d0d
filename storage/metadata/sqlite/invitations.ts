import type { Account } from '../accounts.ts'
import type { Origin } from '../audit-events.ts'
import type { AccountId, InvitationId } from '../identities.ts'
import type { Invitation, InvitationAcceptance, InvitationStore, NewInvitation } from '../invitations.ts'
import type { MemberRole } from '../members.ts'
import { type AccountRow, toAccount } from './account-rows.ts'
import { type AuditObject, createAuditRecorder } from './audit-events.ts'
import { createMemberAdder } from './members.ts'
import { readIdCursor, toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'
import { createUserCreator } from './users.ts'

interface InvitationRow {
  id: number
  organization_id: number | null
  organization_name: string | null
  role: MemberRole | null
  note: string | null
  invited_by: number
  inviter_name: string
  created_at: number
  expires_at: number
}

// The joins' order is fixed: pages are read in the order of the invitations.
const SELECT_INVITATIONS = `
  SELECT invitation.id, invitation.organization_id, organization.name AS organization_name, invitation.role,
    invitation.note, invitation.invited_by, inviter.name AS inviter_name, invitation.created_at, invitation.expires_at
  FROM invitation
  CROSS JOIN account AS inviter ON inviter.id = invitation.invited_by
  LEFT JOIN account AS organization ON organization.id = invitation.organization_id
  WHERE invitation.expires_at > @now`

export function createInvitations(context: StoreContext): InvitationStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const createUser = createUserCreator(context)
  const addMember = createMemberAdder(context)
  const insert = db.prepare<
    [Buffer, number | null, MemberRole | null, string | null, number, number, number],
    { id: number }
  >(`
    INSERT INTO invitation (token_hash, organization_id, role, note, invited_by, created_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`)
  const deleteExpired = db.prepare<[number]>('DELETE FROM invitation WHERE expires_at <= ?')
  const deleteById = db.prepare<[number]>('DELETE FROM invitation WHERE id = ?')
  const selectById = db.prepare<{ now: number; id: number }, InvitationRow>(
    `${SELECT_INVITATIONS} AND invitation.id = @id`,
  )
  const selectByHash = db.prepare<{ now: number; tokenHash: Buffer }, InvitationRow>(
    `${SELECT_INVITATIONS} AND invitation.token_hash = @tokenHash`,
  )
  const selectPage = db.prepare<
    { now: number; organizationId: number | null; before: number; limit: number },
    InvitationRow
  >(`
    ${SELECT_INVITATIONS} AND invitation.organization_id IS @organizationId AND invitation.id < @before
    ORDER BY invitation.id DESC LIMIT @limit`)
  const selectUser = db.prepare<[number], AccountRow>("SELECT * FROM account WHERE id = ? AND kind = 'user'")
  const selectMember = db.prepare<[number, number], { role: MemberRole }>(
    'SELECT role FROM organization_member WHERE organization_id = ? AND user_id = ?',
  )

  const create = transactional(db, (invitation: NewInvitation, origin: Origin) => {
    const { tokenHash, organization, note, invitedBy, expiresAt } = invitation
    deleteExpired.run(now())
    const inserted = insert.get(
      tokenHash,
      organization?.id ?? null,
      organization?.role ?? null,
      note ?? null,
      invitedBy,
      now(),
      expiresAt,
    )
    const row = inserted && selectById.get({ now: now(), id: inserted.id })
    if (row === undefined) throw new Error('an invitation was made that is not there; it must expire in the future')
    record('invitation.created', describe(row), origin, { role: organization?.role, note, expiresAt })
    return toInvitation(row)
  })

  const remove = transactional(db, (organizationId: AccountId | undefined, id: InvitationId, origin: Origin) => {
    const row = selectById.get({ now: now(), id })
    if (row === undefined || row.organization_id !== (organizationId ?? null)) return false
    deleteById.run(id)
    record('invitation.deleted', describe(row), origin)
    return true
  })

  const accept = transactional(
    db,
    (tokenHash: Buffer, by: Parameters<InvitationStore['accept']>[1], origin: Origin): InvitationAcceptance => {
      const row = selectByHash.get({ now: now(), tokenHash })
      if (row === undefined) return { kind: 'unknown' }
      if (by.kind === 'user' && hasAlready(row, by.id)) return { kind: 'already-member' }
      const account = by.kind === 'user' ? getUser(by.id) : createUser(by.user, origin)
      if (account === undefined) return { kind: 'name-taken' }
      if (row.organization_id !== null && row.role !== null) {
        addMember(row.organization_id as AccountId, account.id, row.role, origin)
      }
      deleteById.run(row.id)
      record('invitation.accepted', describe(row), origin, { account: account.name })
      return { kind: 'accepted', account }
    },
  )

  /** Whether the user has what the invitation offers; it is then left for somebody else. */
  function hasAlready(row: InvitationRow, userId: AccountId): boolean {
    return row.organization_id === null || selectMember.get(row.organization_id, userId) !== undefined
  }

  function getUser(id: AccountId): Account {
    const row = selectUser.get(id)
    if (row === undefined) throw new Error(`there is no user ${id} who could accept an invitation`)
    return toAccount(row)
  }

  return {
    async create(invitation, origin) {
      return create(invitation, origin)
    },
    async findByHash(tokenHash) {
      const row = selectByHash.get({ now: now(), tokenHash })
      return row && toInvitation(row)
    },
    async list(organizationId, { after, limit }) {
      const before = readIdCursor(after) ?? Number.MAX_SAFE_INTEGER
      const rows = selectPage.all({ now: now(), organizationId: organizationId ?? null, before, limit: limit + 1 })
      return toPage(rows, limit, toInvitation, (row) => String(row.id))
    },
    async delete(organizationId, id, origin) {
      return remove(organizationId, id, origin)
    },
    async accept(tokenHash, by, origin) {
      return accept(tokenHash, by, origin)
    },
  }
}

/** `acme/invitations/7`, or `invitations/7` for one onto the registry, which concerns no account but the instance. */
function describe(row: InvitationRow): AuditObject {
  const name = `invitations/${row.id}`
  if (row.organization_id === null) return { name, ownerId: undefined }
  return { name: `${row.organization_name}/${name}`, ownerId: row.organization_id }
}

function toInvitation(row: InvitationRow): Invitation {
  const { organization_id: organizationId, organization_name: organizationName, role } = row
  return {
    id: row.id as InvitationId,
    organization:
      organizationId === null || organizationName === null || role === null
        ? undefined
        : { id: organizationId as AccountId, name: organizationName, role },
    note: row.note ?? undefined,
    invitedBy: { id: row.invited_by as AccountId, name: row.inviter_name },
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
