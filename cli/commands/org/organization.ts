import type { ApiClient } from '../../api/api-client.ts'
import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { chooseWord } from '../../words/choose-word.ts'

/** An organization, as `GET /organizations/{org}` answers; in a list it comes without the role. */
export interface Organization {
  readonly name: string
  readonly displayName: string | null
  readonly basePermission: string
  readonly defaultVisibility: string
  readonly createdAt: string
  /** Of whoever asks; null for who is not a member. */
  readonly role?: string | null
}

export const ORGANIZATION_COLUMNS: readonly Column<Organization>[] = [
  { heading: 'ORGANIZATION', key: 'name', value: ({ name }) => name, style: () => 'strong' },
  { heading: 'DISPLAY NAME', key: 'displayName', value: ({ displayName }) => displayName, isElastic: true },
  { heading: 'MEMBERS MAY', key: 'basePermission', value: ({ basePermission }) => basePermission },
  { heading: 'VISIBILITY', key: 'defaultVisibility', value: ({ defaultVisibility }) => defaultVisibility },
  {
    heading: 'CREATED',
    key: 'createdAt',
    value: ({ createdAt }) => createdAt,
    show: ({ createdAt }) => ago(createdAt, Date.now()),
  },
]

/** The settings of an organization, as options of the command line. */
export interface OrganizationSettings {
  /** Empty: none. */
  readonly displayName?: string
  readonly basePermission?: string
  readonly defaultVisibility?: string
}

/** What `PATCH /organizations/{org}` takes of the options that were given. @throws CliError usage for an unknown word. */
export function readSettings({ displayName, basePermission, defaultVisibility }: OrganizationSettings) {
  return {
    ...(displayName !== undefined && { displayName: displayName === '' ? null : displayName }),
    ...(basePermission !== undefined && {
      basePermission: chooseWord(basePermission, ['none', 'pull', 'push'], 'base permission'),
    }),
    ...(defaultVisibility !== undefined && {
      defaultVisibility: chooseWord(defaultVisibility, ['private', 'public'], 'visibility'),
    }),
  }
}

/** The organization, and its version for a change of it. @throws CliError not found, with a hint. */
export function getOrganization(
  api: ApiClient,
  name: string,
): Promise<{ readonly value: Organization; readonly etag: string | undefined }> {
  return withHints(api.getVersioned<Organization>(organizationPath(name)), { NOT_FOUND: 'try: kontor org ls' })
}

/** What the API refuses when somebody was faster: the command to look again with. */
export function lookAgain(command: string) {
  return { PRECONDITION_FAILED: `look again: ${command}` }
}

/** What is asked for does nothing, most likely because a flag was forgotten. */
export function nothingToChange(hint: string): CliError {
  return new CliError('nothing is said that is to be changed', { exitCode: EXIT.usage, hint })
}
