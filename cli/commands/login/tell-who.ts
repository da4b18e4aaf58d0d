import { type CurrentUser, formatScopes } from '../../api/access-token.ts'
import { CliError } from '../../cli-error.ts'
import { findCredential } from '../../credentials/find-credential.ts'
import { EXIT } from '../../exit-codes.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printOne } from '../../output/print-list.ts'
import { chooseServer } from '../../servers/choose-server.ts'
import { serverName } from '../../servers/server-url.ts'
import type { Cli } from '../run.ts'

/** What ends sooner is worth a word. */
const SOON_MS = 7 * 24 * 60 * 60_000

/** `kontor whoami`. */
export async function tellWho(
  cli: Cli,
  options: Pick<ListOptions, 'format'> & { readonly server?: string },
): Promise<void> {
  const { terminal, env } = cli
  const url = await chooseServer(env, options)
  const name = serverName(url)
  if ((await findCredential(env, url.host, options.server)) === undefined) {
    throw new CliError(`nobody is logged in to ${url.host}`, {
      exitCode: EXIT.notAuthenticated,
      hint: `try: kontor login ${name}`,
    })
  }
  const api = await cli.api(options)
  const now = Date.now()
  const user = await api.get<CurrentUser>('/user')
  const columns: readonly Column<CurrentUser>[] = [
    { heading: 'USER', key: 'username', value: ({ username }) => username },
    { heading: 'SERVER', key: 'server', value: () => name },
    { heading: 'ROLE', key: 'role', value: ({ role }) => role, show: ({ role }) => (role === 'none' ? '' : role) },
    { heading: 'CREDENTIAL', key: 'credential', value: ({ credential }) => credential },
    { heading: 'SCOPES', key: 'scopes', value: ({ scopes }) => formatScopes(scopes) },
    {
      heading: 'EXPIRES',
      key: 'expiresAt',
      value: ({ expiresAt }) => expiresAt ?? null,
      show: ({ expiresAt }) => (expiresAt ? `${expiresAt.slice(0, 10)}, ${ago(expiresAt, now)}` : ''),
    },
  ]
  printOne(terminal, user, columns, options, now)
  const { expiresAt } = user
  if (typeof expiresAt === 'string' && Date.parse(expiresAt) - now < SOON_MS) {
    terminal.note(`this ends ${ago(expiresAt, now)}; kontor login ${name} renews it`)
  }
}
