import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import { confirm } from '../../terminal/ask.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getOrganization } from './organization.ts'

/** `kontor org rm <organization…>`: all of them are looked at before the first is deleted. */
export async function removeOrganizations(
  cli: Cli,
  names: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const api = await cli.api({ server: options.server })
  const found: string[] = []
  for (const name of new Set(names)) found.push((await getOrganization(api, name)).value.name)
  if (options.dryRun) {
    for (const name of found) terminal.note(`would delete the organization ${name}`)
    return
  }
  await confirm(
    terminal,
    `delete ${found.join(', ')} with all teams, grants and robots; the name may stay taken`,
    options,
  )
  for (const name of found) {
    await withHints(api.send('DELETE', organizationPath(name)), {
      HAS_REPOSITORIES: 'try: kontor repo ls',
    })
    terminal.print(name)
  }
}
