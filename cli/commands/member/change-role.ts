import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { getOrganization, lookAgain } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { lastOwnerHint, type Member, readRole } from './member.ts'

/** `kontor member role <organization> <user> <role>`: of who is a member already. */
export async function changeRole(
  cli: Cli,
  organization: string,
  username: string,
  wanted: string,
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const role = readRole(wanted)
  const api = await cli.api({ server: options.server })
  const { name } = (await getOrganization(api, organization)).value
  const path = organizationPath(name, 'members', username)
  const { value: present, etag } = await withHints(api.getVersioned<Member>(path), {
    NOT_FOUND: `try: kontor member add ${name} ${username} --role ${role}`,
  })
  if (options.dryRun) {
    terminal.note(`would make ${present.username} ${role} of ${name}, now ${present.role}`)
    return
  }
  // With its version: who was removed meanwhile is not added again.
  const changing = api.send<Member>('PUT', path, { body: { role }, etag })
  const hints = { ...lastOwnerHint(name), ...lookAgain(`kontor member ls ${name}`) }
  const changed = await withHints(changing, hints)
  terminal.print(changed.username)
}
