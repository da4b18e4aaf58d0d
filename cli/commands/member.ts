import type { Command } from 'commander'
import { run } from './run.ts'
import { withChange, withList, withServer } from './shared-options.ts'

const ROLES = 'owner, manager, member or auditor'

/** `kontor member`: who belongs to an organization, and as what. */
export function addMemberCommands(program: Command): void {
  const member = program.command('member').description('members of an organization, and invitations into it')

  withList(withServer(member.command('ls').alias('list').argument('<organization>')))
    .description('list the members of an organization')
    .action((organization, options) =>
      run(async (cli) => {
        const { listMembers } = await import('./member/list-members.ts')
        await listMembers(cli, organization, options)
      }),
    )

  withChange(withServer(member.command('add').argument('<organization>').argument('<user...>')))
    .description('add users to an organization')
    .option('--role <role>', ROLES, 'member')
    .action((organization, users, options) =>
      run(async (cli) => {
        const { addMembers } = await import('./member/add-members.ts')
        await addMembers(cli, organization, users, options)
      }),
    )

  withChange(withServer(member.command('role').argument('<organization>').argument('<user>').argument('<role>', ROLES)))
    .description('change the role of a member')
    .action((organization, user, role, options) =>
      run(async (cli) => {
        const { changeRole } = await import('./member/change-role.ts')
        await changeRole(cli, organization, user, role, options)
      }),
    )

  withChange(withServer(member.command('rm').alias('remove').argument('<organization>').argument('<user...>')), 'asks')
    .description('remove members, from teams and with what was granted to them; or leave, by your own name')
    .action((organization, users, options) =>
      run(async (cli) => {
        const { removeMembers } = await import('./member/remove-members.ts')
        await removeMembers(cli, organization, users, options)
      }),
    )

  withChange(withServer(member.command('invite').argument('<organization>')))
    .description('print a link by which one person joins, with or without an account')
    .option('--role <role>', ROLES, 'member')
    .option('--note <text>', 'for whom it is; whoever has the link reads it')
    .option('--expires <time>', 'as in 3d or 2030-01-31 (default: 7d)')
    .action((organization, options) =>
      run(async (cli) => {
        const { inviteMember } = await import('./member/invite-member.ts')
        await inviteMember(cli, organization, options)
      }),
    )

  withList(withServer(member.command('invitations').argument('<organization>')))
    .description('list the invitations that nobody has accepted yet')
    .action((organization, options) =>
      run(async (cli) => {
        const { listInvitations } = await import('./member/list-invitations.ts')
        await listInvitations(cli, organization, options)
      }),
    )

  withChange(withServer(member.command('uninvite').argument('<organization>').argument('<id...>', 'of invitations')))
    .description('withdraw invitations; their links end at once')
    .action((organization, ids, options) =>
      run(async (cli) => {
        const { withdrawInvitations } = await import('./member/withdraw-invitations.ts')
        await withdrawInvitations(cli, organization, ids, options)
      }),
    )
}
