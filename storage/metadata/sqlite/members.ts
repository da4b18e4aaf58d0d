import type { Origin } from '../audit-events.ts'
import type { AccountId } from '../identities.ts'
import type { MayChangeRole, Member, MemberRole, MemberStore } from '../members.ts'
import { drawVersion, type IfVersion, isMet } from '../versions.ts'
import { createAuditRecorder } from './audit-events.ts'
import { createOrganizationDescriber } from './organization-describer.ts'
import { toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface MemberRow {
  user_id: number
  username: string
  display_name: string | null
  role: MemberRole
  joined_at: number
  version: number
}

// The join's order is fixed: the other way round it would walk over the accounts of the whole instance.
const SELECT_MEMBERS = `
  SELECT member.user_id, user.name AS username, user.display_name, member.role, member.joined_at, member.version
  FROM organization_member AS member CROSS JOIN account AS user ON user.id = member.user_id
  WHERE member.organization_id = ?`

export function createMembers(context: StoreContext): MemberStore {
  const { db } = context
  const record = createAuditRecorder(context)
  const describe = createOrganizationDescriber(context)
  const addMember = createMemberAdder(context)
  const selectOne = db.prepare<[number, number], MemberRow>(`${SELECT_MEMBERS} AND member.user_id = ?`)
  const selectPage = db.prepare<[number, string, number], MemberRow>(
    `${SELECT_MEMBERS} AND user.name > ? ORDER BY user.name LIMIT ?`,
  )
  const selectOtherOwner = db.prepare<[number, number], { user_id: number }>(`
    SELECT user_id FROM organization_member JOIN account ON account.id = organization_member.user_id
    WHERE organization_id = ? AND organization_member.role = 'owner' AND user_id <> ? AND disabled_at IS NULL LIMIT 1`)
  const updateRole = db.prepare<[MemberRole, number, number, number]>(
    'UPDATE organization_member SET role = ?, version = ? WHERE organization_id = ? AND user_id = ?',
  )
  const deleteMember = db.prepare<[number, number]>(
    'DELETE FROM organization_member WHERE organization_id = ? AND user_id = ?',
  )
  const deleteFromTeams = db.prepare<[number, number]>(`
    DELETE FROM team_member WHERE user_id = ? AND team_id IN (SELECT id FROM team WHERE organization_id = ?)`)
  const deleteGrants = db.prepare<[number, number]>(
    'DELETE FROM access_grant WHERE user_id = ? AND organization_id = ?',
  )

  const isLastOwner = (organizationId: AccountId, member: MemberRow) =>
    member.role === 'owner' && selectOtherOwner.get(organizationId, member.user_id) === undefined

  const set = transactional(
    db,
    (
      organizationId: AccountId,
      userId: AccountId,
      role: MemberRole,
      origin: Origin,
      mayChange: MayChangeRole,
      ifVersion: IfVersion | undefined,
    ): Awaited<ReturnType<MemberStore['set']>> => {
      const before = selectOne.get(organizationId, userId)
      if (before === undefined) {
        if (!isMet(ifVersion, undefined)) return { kind: 'stale' }
        return { kind: 'set', member: addMember(organizationId, userId, role, origin), isNew: true }
      }
      if (!mayChange(before.role)) return { kind: 'denied', role: before.role }
      if (!isMet(ifVersion, before.version)) return { kind: 'stale' }
      const after = { ...before, role, version: before.role === role ? before.version : drawVersion() }
      if (before.role !== role) {
        if (isLastOwner(organizationId, before)) return { kind: 'last-owner' }
        updateRole.run(role, after.version, organizationId, userId)
        const detail = { role: { from: before.role, to: role } }
        record('member.updated', describe(organizationId, `members/${before.username}`), origin, detail)
      }
      return { kind: 'set', member: toMember(after), isNew: false }
    },
  )

  const remove = transactional(
    db,
    (
      organizationId: AccountId,
      userId: AccountId,
      origin: Origin,
      mayChange: MayChangeRole,
      ifVersion: IfVersion | undefined,
    ): Awaited<ReturnType<MemberStore['remove']>> => {
      const before = selectOne.get(organizationId, userId)
      if (before === undefined) return { kind: 'not-a-member' }
      if (!mayChange(before.role)) return { kind: 'denied', role: before.role }
      if (!isMet(ifVersion, before.version)) return { kind: 'stale' }
      if (isLastOwner(organizationId, before)) return { kind: 'last-owner' }
      const teams = deleteFromTeams.run(userId, organizationId).changes
      const grants = deleteGrants.run(userId, organizationId).changes
      deleteMember.run(organizationId, userId)
      const detail = { role: before.role, teams, grants }
      record('member.removed', describe(organizationId, `members/${before.username}`), origin, detail)
      return { kind: 'removed' }
    },
  )

  return {
    async find(organizationId, userId) {
      const row = selectOne.get(organizationId, userId)
      return row && toMember(row)
    },
    async list(organizationId, { after, limit }) {
      return toPage(selectPage.all(organizationId, after ?? '', limit + 1), limit, toMember, (row) => row.username)
    },
    async set(organizationId, userId, role, origin, mayChange = () => true, ifVersion = undefined) {
      return set(organizationId, userId, role, origin, mayChange, ifVersion)
    },
    async remove(organizationId, userId, origin, mayChange = () => true, ifVersion = undefined) {
      return remove(organizationId, userId, origin, mayChange, ifVersion)
    },
  }
}

/** Makes the function that adds a user who is not a member yet, inside the transaction of its caller. */
export function createMemberAdder(
  context: StoreContext,
): (organizationId: AccountId, userId: AccountId, role: MemberRole, origin: Origin) => Member {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const describe = createOrganizationDescriber(context)
  const selectUser = db.prepare<[number], { username: string; display_name: string | null }>(
    "SELECT name AS username, display_name FROM account WHERE id = ? AND kind = 'user'",
  )
  const insert = db.prepare<[number, number, MemberRole, number, number]>(
    'INSERT INTO organization_member (organization_id, user_id, role, joined_at, version) VALUES (?, ?, ?, ?, ?)',
  )
  return (organizationId, userId, role, origin) => {
    const user = selectUser.get(userId)
    if (user === undefined) throw new Error(`there is no user ${userId} to become a member of ${organizationId}`)
    const joinedAt = now()
    const version = drawVersion()
    insert.run(organizationId, userId, role, joinedAt, version)
    record('member.added', describe(organizationId, `members/${user.username}`), origin, { role })
    return toMember({ ...user, user_id: userId, role, joined_at: joinedAt, version })
  }
}

function toMember(row: MemberRow): Member {
  return {
    userId: row.user_id as AccountId,
    username: row.username,
    displayName: row.display_name ?? undefined,
    role: row.role,
    joinedAt: row.joined_at,
    version: row.version,
  }
}
