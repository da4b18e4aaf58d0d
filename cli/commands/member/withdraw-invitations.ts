import { organizationPath } from '../../api/organization-path.ts'
import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import type { Invitation } from './list-invitations.ts'

/** `kontor member uninvite <organization> <id…>`: the links end at once. All are looked for before the first ends. */
export async function withdrawInvitations(
  cli: Cli,
  organization: string,
  ids: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const { name } = (await getOrganization(api, organization)).value
  const open = new Map<string, Invitation>()
  for await (const invitation of api.list<Invitation>(organizationPath(name, 'invitations'))) {
    open.set(String(invitation.id), invitation)
  }
  const wanted = new Set(ids)
  for (const id of wanted) {
    if (open.has(id)) continue
    throw new CliError(`${name} has no open invitation ${id}`, {
      exitCode: EXIT.notFound,
      hint: `try: kontor member invitations ${name}`,
    })
  }
  for (const id of wanted) {
    if (options.dryRun) {
      terminal.note(`would withdraw the invitation ${id} into ${name}`)
      continue
    }
    await api.send('DELETE', organizationPath(name, 'invitations', id))
    terminal.print(id)
  }
}
