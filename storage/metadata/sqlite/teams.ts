import type { Origin } from '../audit-events.ts'
import type { AccountId, TeamId } from '../identities.ts'
import type { Team, TeamMember, TeamStore } from '../teams.ts'
import { type Deletion, drawVersion, type IfVersion, isMet } from '../versions.ts'
import { createAuditRecorder } from './audit-events.ts'
import { createOrganizationDescriber } from './organization-describer.ts'
import { toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'

interface TeamRow {
  id: number
  organization_id: number
  name: string
  created_at: number
  version: number
  member_count: number
}

interface TeamMemberRow {
  user_id: number
  username: string
  display_name: string | null
}

const SELECT_TEAMS = `
  SELECT *, (SELECT count(*) FROM team_member WHERE team_id = team.id) AS member_count FROM team`

export function createTeams(context: StoreContext): TeamStore {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const describe = createOrganizationDescriber(context)
  const selectById = db.prepare<[number], TeamRow>(`${SELECT_TEAMS} WHERE id = ?`)
  const selectByName = db.prepare<[number, string], TeamRow>(`${SELECT_TEAMS} WHERE organization_id = ? AND name = ?`)
  const selectPage = db.prepare<[number, string, number], TeamRow>(
    `${SELECT_TEAMS} WHERE organization_id = ? AND name > ? ORDER BY name LIMIT ?`,
  )
  const insert = db.prepare<[number, string, number, number], { id: number }>(
    'INSERT INTO team (organization_id, name, created_at, version) VALUES (?, ?, ?, ?) RETURNING id',
  )
  const updateName = db.prepare<[string, number, number]>('UPDATE team SET name = ?, version = ? WHERE id = ?')
  const deleteById = db.prepare<[number]>('DELETE FROM team WHERE id = ?')
  // The join's order is fixed: the other way round it would walk over the accounts of the whole instance.
  const selectMembers = db.prepare<[number, string, number], TeamMemberRow>(`
    SELECT team_member.user_id, user.name AS username, user.display_name
    FROM team_member CROSS JOIN account AS user ON user.id = team_member.user_id
    WHERE team_member.team_id = ? AND user.name > ? ORDER BY user.name LIMIT ?`)
  const selectCandidate = db.prepare<{ team: number; user: number }, { username: string }>(`
    SELECT user.name AS username FROM team
    JOIN organization_member AS member ON member.organization_id = team.organization_id AND member.user_id = @user
    JOIN account AS user ON user.id = member.user_id
    WHERE team.id = @team`)
  const insertMember = db.prepare<[number, number]>(
    'INSERT INTO team_member (team_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const deleteMember = db.prepare<[number, number], { username: string }>(`
    DELETE FROM team_member WHERE team_id = ? AND user_id = ?
    RETURNING (SELECT name FROM account WHERE id = user_id) AS username`)

  const describeTeam = (team: TeamRow, path = '') =>
    describe(team.organization_id as AccountId, `teams/${team.name}${path}`)

  const getTeam = (id: TeamId) => {
    const team = selectById.get(id)
    if (team === undefined) throw new Error(`team ${id} is not there though it was found just before`)
    return team
  }

  const create = transactional(
    db,
    (organizationId: AccountId, name: string, origin: Origin): Awaited<ReturnType<TeamStore['create']>> => {
      if (selectByName.get(organizationId, name) !== undefined) return { kind: 'name-taken' }
      const inserted = insert.get(organizationId, name, now(), drawVersion())
      if (inserted === undefined) throw new Error(`inserting team ${name} returned no row`)
      const team = getTeam(inserted.id as TeamId)
      record('team.created', describeTeam(team), origin)
      return { kind: 'created', team: toTeam(team) }
    },
  )

  const rename = transactional(
    db,
    (
      id: TeamId,
      name: string,
      origin: Origin,
      ifVersion: IfVersion | undefined,
    ): Awaited<ReturnType<TeamStore['rename']>> => {
      const before = selectById.get(id)
      if (before === undefined) return { kind: 'absent' }
      if (!isMet(ifVersion, before.version)) return { kind: 'stale' }
      if (before.name === name) return { kind: 'renamed', team: toTeam(before) }
      if (selectByName.get(before.organization_id, name) !== undefined) return { kind: 'name-taken' }
      const version = drawVersion()
      updateName.run(name, version, id)
      record('team.updated', describeTeam(before), origin, { name: { from: before.name, to: name } })
      return { kind: 'renamed', team: toTeam({ ...before, name, version }) }
    },
  )

  const remove = transactional(db, (id: TeamId, origin: Origin, ifVersion: IfVersion | undefined): Deletion => {
    const before = selectById.get(id)
    if (before === undefined) return { kind: 'absent' }
    if (!isMet(ifVersion, before.version)) return { kind: 'stale' }
    deleteById.run(id)
    record('team.deleted', describeTeam(before), origin, { members: before.member_count })
    return { kind: 'deleted' }
  })

  const addMember = transactional(
    db,
    (id: TeamId, userId: AccountId, origin: Origin): Awaited<ReturnType<TeamStore['addMember']>> => {
      const candidate = selectCandidate.get({ team: id, user: userId })
      if (candidate === undefined) return { kind: 'not-in-organization' }
      if (insertMember.run(id, userId).changes === 0) return { kind: 'already-there' }
      record('team_member.added', describeTeam(getTeam(id), `/members/${candidate.username}`), origin)
      return { kind: 'added' }
    },
  )

  const removeMember = transactional(db, (id: TeamId, userId: AccountId, origin: Origin) => {
    const removed = deleteMember.get(id, userId)
    if (removed === undefined) return false
    record('team_member.removed', describeTeam(getTeam(id), `/members/${removed.username}`), origin)
    return true
  })

  return {
    async find(organizationId, name) {
      const row = selectByName.get(organizationId, name)
      return row && toTeam(row)
    },
    async list(organizationId, { after, limit }) {
      return toPage(selectPage.all(organizationId, after ?? '', limit + 1), limit, toTeam, (row) => row.name)
    },
    async create(organizationId, name, origin) {
      return create(organizationId, name, origin)
    },
    async rename(id, name, origin, ifVersion) {
      return rename(id, name, origin, ifVersion)
    },
    async delete(id, origin, ifVersion) {
      return remove(id, origin, ifVersion)
    },
    async listMembers(id, { after, limit }) {
      return toPage(selectMembers.all(id, after ?? '', limit + 1), limit, toTeamMember, (row) => row.username)
    },
    async addMember(id, userId, origin) {
      return addMember(id, userId, origin)
    },
    async removeMember(id, userId, origin) {
      return removeMember(id, userId, origin)
    },
  }
}

function toTeam(row: TeamRow): Team {
  return {
    id: row.id as TeamId,
    organizationId: row.organization_id as AccountId,
    name: row.name,
    memberCount: row.member_count,
    createdAt: row.created_at,
    version: row.version,
  }
}

function toTeamMember(row: TeamMemberRow): TeamMember {
  return { userId: row.user_id as AccountId, username: row.username, displayName: row.display_name ?? undefined }
}
