import type { ApiClient } from '../../api/api-client.ts'
import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import {
  describeGrant,
  type Grant,
  type GrantSubject,
  readPermission,
  readSubject,
  type SubjectOptions,
  wholePattern,
} from './grant.ts'

/** `kontor grant add <organization> <repositories> <permission> --team <team>`: never changes what is granted already. */
export async function addGrant(
  cli: Cli,
  organization: string,
  pattern: string,
  wanted: string,
  options: ChangeOptions & SubjectOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const permission = readPermission(wanted)
  const subject = readSubject(organization, options)
  if (subject === undefined) {
    throw new CliError('nobody is named to grant this to', {
      exitCode: EXIT.usage,
      hint: 'give one of --user, --team and --robot',
    })
  }
  const api = await cli.api({ server: options.server })
  const { name } = (await getOrganization(api, organization)).value
  const repositories = wholePattern(name, organization, pattern)
  const present = await findGrant(api, name, subject, repositories)
  if (present !== undefined && present.permission !== permission) {
    throw new CliError(`${describeGrant(present)} already`, {
      exitCode: EXIT.conflict,
      hint: `to change that: kontor grant edit ${name} ${present.id} ${permission}`,
    })
  }
  if (options.dryRun) {
    const said = describeGrant({ subject, repositories, permission })
    terminal.note(present === undefined ? `would grant that ${said}` : `${said} already`)
    return
  }
  const body = { subject, repositories, permission }
  const granted = present ?? (await api.send<Grant>('POST', organizationPath(name, 'grants'), { body }))
  terminal.print(String(granted.id))
  terminal.note(present === undefined ? describeGrant(granted) : `${describeGrant(granted)} already`)
}

async function findGrant(
  api: ApiClient,
  organization: string,
  { type, name }: GrantSubject,
  repositories: string,
): Promise<Grant | undefined> {
  const grants = api.list<Grant>(organizationPath(organization, 'grants'), { [type]: name })
  const find = async () => {
    for await (const grant of grants) if (grant.repositories === repositories) return grant
    return undefined
  }
  return withHints(find(), {
    NOT_FOUND: type === 'user' ? `try: kontor member ls ${organization}` : `try: kontor ${type} ls ${organization}`,
  })
}
