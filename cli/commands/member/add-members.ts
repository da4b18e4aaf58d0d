import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { findMember, type Member, readRole } from './member.ts'

/** `kontor member add <organization> <user…> --role <role>`: never changes the role of who is a member already. */
export async function addMembers(
  cli: Cli,
  organization: string,
  usernames: readonly string[],
  options: ChangeOptions & { readonly server?: string; readonly role: string },
): Promise<void> {
  const { terminal } = cli
  const role = readRole(options.role)
  const api = await cli.api({ server: options.server })
  const { name } = (await getOrganization(api, organization)).value
  const wanted: string[] = []
  for (const username of new Set(usernames)) {
    const present = await findMember(api, name, username)
    if (present === undefined) wanted.push(username)
    else if (present.role === role) terminal.note(`${present.username} is ${role} of ${name} already`)
    else {
      throw new CliError(`${present.username} is ${present.role} of ${name} already`, {
        exitCode: EXIT.conflict,
        hint: `to change that: kontor member role ${name} ${present.username} ${role}`,
      })
    }
  }
  for (const username of wanted) {
    if (options.dryRun) {
      terminal.note(`would add ${username} to ${name} as ${role}`)
      continue
    }
    const adding = api.send<Member>('PUT', organizationPath(name, 'members', username), { body: { role } })
    const added = await withHints(adding, { NOT_FOUND: `try: kontor member invite ${name} --role ${role}` })
    terminal.print(added.username)
  }
}
