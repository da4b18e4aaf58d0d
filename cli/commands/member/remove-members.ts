import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { confirm } from '../../terminal/ask.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { lastOwnerHint, type Member } from './member.ts'

/** `kontor member rm <organization> <user…>`: all of them are looked at before the first is removed. */
export async function removeMembers(
  cli: Cli,
  organization: string,
  usernames: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const { name } = (await getOrganization(api, organization)).value
  const found: string[] = []
  for (const username of new Set(usernames)) {
    const request = api.get<Member>(organizationPath(name, 'members', username))
    found.push((await withHints(request, { NOT_FOUND: `try: kontor member ls ${name}` })).username)
  }
  if (options.dryRun) {
    for (const username of found) terminal.note(`would remove ${username} from ${name}`)
    return
  }
  await confirm(
    terminal,
    `remove ${found.join(', ')} from ${name}, from its teams and with what was granted there`,
    options,
  )
  for (const username of found) {
    await withHints(api.send('DELETE', organizationPath(name, 'members', username)), lastOwnerHint(name))
    terminal.print(username)
  }
}
