import type { ApiClient } from '../../api/api-client.ts'
import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'

/** A team, as `GET …/teams` answers. */
export interface Team {
  readonly name: string
  readonly memberCount: number
  readonly createdAt: string
}

/** A member of a team. */
export interface TeamMember {
  readonly username: string
  readonly displayName: string | null
}

export const TEAM_COLUMNS: readonly Column<Team>[] = [
  { heading: 'TEAM', key: 'name', value: ({ name }) => name, style: () => 'strong' },
  { heading: 'MEMBERS', key: 'memberCount', value: ({ memberCount }) => memberCount, align: 'right' },
  {
    heading: 'CREATED',
    key: 'createdAt',
    value: ({ createdAt }) => createdAt,
    show: ({ createdAt }) => ago(createdAt, Date.now()),
  },
]

/** The team, and its version for a change of it. @throws CliError not found, with a hint. */
export function getTeam(
  api: ApiClient,
  organization: string,
  team: string,
): Promise<{ readonly value: Team; readonly etag: string | undefined }> {
  return withHints(api.getVersioned<Team>(organizationPath(organization, 'teams', team)), {
    NOT_FOUND: `try: kontor team ls ${organization}`,
  })
}
