import { organizationPath } from '../../api/organization-path.ts'
import { withHints } from '../../api/with-hints.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import { getTeam } from './team.ts'

/** `kontor team add <organization> <team> <user…>`. */
export function addTeamMembers(
  cli: Cli,
  organization: string,
  team: string,
  usernames: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const hints = {
    NOT_A_MEMBER: `try: kontor member add ${organization} <user>`,
    NOT_FOUND: `try: kontor member ls ${organization}`,
  }
  return changeEach(
    cli,
    { organization, team, usernames, method: 'PUT', verb: 'add', preposition: 'to', hints },
    options,
  )
}

/** `kontor team remove <organization> <team> <user…>`. */
export function removeTeamMembers(
  cli: Cli,
  organization: string,
  team: string,
  usernames: readonly string[],
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const hints = { NOT_FOUND: `try: kontor team members ${organization} ${team}` }
  const change = {
    organization,
    team,
    usernames,
    method: 'DELETE',
    verb: 'remove',
    preposition: 'from',
    hints,
  } as const
  return changeEach(cli, change, options)
}

async function changeEach(
  cli: Cli,
  change: {
    readonly organization: string
    readonly team: string
    readonly usernames: readonly string[]
    readonly method: 'PUT' | 'DELETE'
    readonly verb: string
    readonly preposition: string
    readonly hints: Readonly<Record<string, string>>
  },
  options: ChangeOptions & { readonly server?: string },
): Promise<void> {
  const { terminal } = cli
  const { organization, team, usernames, method, verb, preposition, hints } = change
  const api = await cli.api({ server: options.server })
  const { name } = (await getTeam(api, organization, team)).value
  for (const username of new Set(usernames)) {
    const path = organizationPath(organization, 'teams', name, 'members', username)
    if (options.dryRun) {
      terminal.note(`would ${verb} ${username} ${preposition} the team ${name} of ${organization}`)
      continue
    }
    await withHints(api.send(method, path), hints)
    terminal.print(username)
  }
}
