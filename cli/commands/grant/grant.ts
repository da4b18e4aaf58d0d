import { PERMISSIONS, type Permission } from '../../../oci/permission.ts'
import type { ApiClient } from '../../api/api-client.ts'
import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { chooseWord } from '../../words/choose-word.ts'

/** A grant, as `GET …/grants` answers. */
export interface Grant {
  readonly id: number
  readonly subject: GrantSubject
  readonly repositories: string
  readonly permission: string
  readonly createdAt: string
}

/** To whom something was granted; of a robot the part of its name after the `+`. */
export interface GrantSubject {
  readonly type: string
  readonly name: string
}

/** The options that name a subject. */
export interface SubjectOptions {
  readonly user?: string
  readonly team?: string
  readonly robot?: string
}

/** @throws CliError usage, with the permission that was most likely meant. */
export function readPermission(text: string): Permission {
  return chooseWord(text, PERMISSIONS, 'permission')
}

/**
 * A pattern as the API takes it, whole: `web-*` of `acme` is `acme/web-*`, which may be written as well.
 * @param calledAs what the user calls the organization: its name, or what that was before.
 */
export function wholePattern(organization: string, calledAs: string, pattern: string): string {
  const start = [organization, calledAs].map((name) => `${name}/`).find((prefix) => pattern.startsWith(prefix)) ?? ''
  return `${organization}/${pattern.slice(start.length)}`
}

/** Who is named by the options; undefined for nobody. @throws CliError usage for more than one. */
export function readSubject(organization: string, { user, team, robot }: SubjectOptions): GrantSubject | undefined {
  const named = [
    ...(user === undefined ? [] : [{ type: 'user', name: user }]),
    ...(team === undefined ? [] : [{ type: 'team', name: team }]),
    ...(robot === undefined ? [] : [{ type: 'robot', name: robotName(organization, robot) }]),
  ]
  if (named.length < 2) return named[0]
  throw new CliError('a grant is for one user, team or robot', {
    exitCode: EXIT.usage,
    hint: 'give one of --user, --team and --robot',
  })
}

/** A robot's own name: `ci` for both `ci` and `acme+ci`, which it logs in with. */
export function robotName(organization: string, text: string): string {
  return text.startsWith(`${organization}+`) ? text.slice(organization.length + 1) : text
}

/** The grant, and its version for a change of it. @throws CliError not found, with a hint. */
export function getGrant(
  api: ApiClient,
  organization: string,
  id: string,
): Promise<{ readonly value: Grant; readonly etag: string | undefined }> {
  return withHints(api.getVersioned<Grant>(organizationPath(organization, 'grants', id)), {
    NOT_FOUND: `try: kontor grant ls ${organization}`,
  })
}

/** As people say it: `the team web holds push on acme/web-*`. */
export function describeGrant({ subject, repositories, permission }: Omit<Grant, 'id' | 'createdAt'>): string {
  return `the ${subject.type} ${subject.name} holds ${permission} on ${repositories}`
}
