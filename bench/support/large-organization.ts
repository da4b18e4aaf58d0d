import type { Database } from 'better-sqlite3'
import { literalPrefixOf } from '../../oci/repository-pattern.ts'
import { createRandom } from './random.ts'

export const MEMBERS = 10_000
export const TEAMS = 2_000
export const REPOSITORIES = 20_000
export const GRANTS = 50_000

const TEAMS_OF_A_MEMBER = 5
const ROBOTS = 100
const SERVICES = 200

/** Whom to ask about, by their identities. */
export interface LargeOrganization {
  readonly organizationId: number
  readonly ownerId: number
  readonly memberIds: readonly number[]
  /** In every team. */
  readonly ubiquitousId: number
  readonly outsiderId: number
  /** Each has one secret, of the same identity. */
  readonly robotIds: readonly number[]
  /** Without the organization's name. */
  readonly paths: readonly string[]
}

/** Half of the repositories are named after a service, the others lie below the name of a team; one in a hundred is public. */
function pathOf(index: number): string {
  if (index % 2 === 0) return `service-${(index / 2) % SERVICES}-${Math.floor(index / 2 / SERVICES)}`
  return `team-${((index - 1) / 2) % TEAMS}/image-${Math.floor(index / 2 / TEAMS)}`
}

/**
 * Fills an empty database with one organization, past the store, which would take an hour.
 * @param everythingPercent of the grants, how many are for `**`.
 */
export function createLargeOrganization(db: Database, everythingPercent: number): LargeOrganization {
  const random = createRandom(7)
  db.pragma('synchronous = OFF')
  return db.transaction(() => {
    const insertAccount = db.prepare<[string, string]>(
      "INSERT INTO account (kind, name, base_permission, created_at) VALUES (?, ?, 'none', 1)",
    )
    const addAccount = (kind: string, name: string) => Number(insertAccount.run(kind, name).lastInsertRowid)
    const organizationId = addAccount('organization', 'acme')
    const insertMember = db.prepare(
      'INSERT INTO organization_member (organization_id, user_id, role, joined_at) VALUES (?, ?, ?, 1)',
    )
    const addMember = (name: string, role: string) => {
      const id = addAccount('user', name)
      insertMember.run(organizationId, id, role)
      return id
    }
    const ownerId = addMember('owner', 'owner')
    const ubiquitousId = addMember('ubiquitous', 'member')
    const outsiderId = addAccount('user', 'outsider')
    const memberIds = Array.from({ length: MEMBERS }, (_, index) => addMember(`user-${index}`, 'member'))
    const insertTeam = db.prepare('INSERT INTO team (organization_id, name, created_at) VALUES (?, ?, 1)')
    const insertTeamMember = db.prepare('INSERT OR IGNORE INTO team_member VALUES (?, ?)')
    const teamIds = Array.from({ length: TEAMS }, (_, index) =>
      Number(insertTeam.run(organizationId, `team-${index}`).lastInsertRowid),
    )
    for (const teamId of teamIds) insertTeamMember.run(teamId, ubiquitousId)
    for (const memberId of memberIds) {
      for (let each = 0; each < TEAMS_OF_A_MEMBER; each++) insertTeamMember.run(teamIds[random(TEAMS)], memberId)
    }
    const insertRobot = db.prepare('INSERT INTO robot (organization_id, name, created_at) VALUES (?, ?, 1)')
    const insertSecret = db.prepare(
      'INSERT INTO robot_secret (id, robot_id, secret_hash, created_at) VALUES (@id, @id, randomblob(32), 1)',
    )
    const robotIds = Array.from({ length: ROBOTS }, (_, index) => {
      const id = Number(insertRobot.run(organizationId, `robot-${index}`).lastInsertRowid)
      insertSecret.run({ id })
      return id
    })
    const paths = Array.from({ length: REPOSITORIES }, (_, index) => pathOf(index))
    const insertRepository = db.prepare(
      'INSERT INTO repository (account_id, name, visibility, created_at, pushed_at) VALUES (?, ?, ?, 1, 1)',
    )
    for (const [index, path] of paths.entries()) {
      insertRepository.run(organizationId, `acme/${path}`, index % 101 === 0 ? 'public' : 'private')
    }
    const insertGrant = (column: string) =>
      db.prepare(`
        INSERT OR IGNORE INTO access_grant (${column}, organization_id, pattern, prefix, permission, created_at)
        VALUES (?, ?, ?, ?, ?, 1)`)
    const [toUser, toTeam, toRobot] = [insertGrant('user_id'), insertGrant('team_id'), insertGrant('robot_id')]
    const pattern = () => {
      const share = random(100)
      if (share < everythingPercent) return '**'
      if (share < everythingPercent + 13) return `service-${random(SERVICES)}-*`
      if (share < everythingPercent + 25) return `team-${random(TEAMS)}/**`
      return paths[random(REPOSITORIES)] ?? ''
    }
    for (let made = 0; made < GRANTS; ) {
      const text = pattern()
      const rest = [organizationId, text, literalPrefixOf(text), ['pull', 'push'][random(2)]]
      const share = random(100)
      if (share < 85) made += toTeam.run(teamIds[random(TEAMS)], ...rest).changes
      else if (share < 95) made += toUser.run(memberIds[random(MEMBERS)], ...rest).changes
      else made += toRobot.run(robotIds[random(ROBOTS)], ...rest).changes
    }
    return { organizationId, ownerId, memberIds, ubiquitousId, outsiderId, robotIds, paths }
  })()
}
