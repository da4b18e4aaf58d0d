import { organizationPath } from '../../api/organization-path.ts'
import { ago } from '../../output/ago.ts'
import { readFutureTime } from '../../times/read-time.ts'
import { getOrganization } from '../org/organization.ts'
import type { Cli } from '../run.ts'
import type { ChangeOptions } from '../shared-options.ts'
import type { Invitation } from './list-invitations.ts'
import { readRole } from './member.ts'

/** An invitation in the one answer that has its link. */
interface IssuedInvitation extends Invitation {
  readonly link: string
}

/** `kontor member invite <organization>`: the link alone goes to stdout. */
export async function inviteMember(
  cli: Cli,
  organization: string,
  options: ChangeOptions & {
    readonly server?: string
    readonly role: string
    readonly note?: string
    readonly expires?: string
  },
): Promise<void> {
  const { terminal } = cli
  const role = readRole(options.role)
  const expiresAt = options.expires === undefined ? undefined : readFutureTime(options.expires, Date.now())
  const api = await cli.api({ server: options.server })
  const { name } = (await getOrganization(api, organization)).value
  if (options.dryRun) {
    terminal.note(`would invite somebody into ${name} as ${role}`)
    return
  }
  const body = { role, note: options.note, expiresAt }
  const issued = await api.send<IssuedInvitation>('POST', organizationPath(name, 'invitations'), { body })
  terminal.print(issued.link)
  terminal.note(
    `whoever has this link first becomes ${role} of ${name}; it ends ${ago(issued.expiresAt, Date.now())} and is not shown again`,
  )
  terminal.note(`to withdraw it: kontor member uninvite ${name} ${issued.id}`)
}
