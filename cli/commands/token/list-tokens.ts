import { type AccessToken, formatScopes } from '../../api/access-token.ts'
import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'

function columnsAt(now: number): readonly Column<AccessToken>[] {
  const hasEnded = ({ expiresAt }: AccessToken) => expiresAt !== null && Date.parse(expiresAt) <= now
  return [
    { heading: 'ID', key: 'id', value: ({ id }) => id, align: 'right' },
    { heading: 'NAME', key: 'name', value: ({ name }) => name, style: () => 'strong', isElastic: true },
    {
      heading: 'SCOPES',
      key: 'scopes',
      value: ({ scopes }) => formatScopes(scopes),
      show: ({ scopes }) => (scopes === null ? 'all' : formatScopes(scopes)),
      isElastic: true,
    },
    {
      heading: 'CREATED',
      key: 'createdAt',
      value: ({ createdAt }) => createdAt,
      show: ({ createdAt }) => ago(createdAt, now),
    },
    {
      heading: 'EXPIRES',
      key: 'expiresAt',
      value: ({ expiresAt }) => expiresAt,
      show: ({ expiresAt }) => (expiresAt === null ? 'never' : ago(expiresAt, now)),
      style: (token) => (hasEnded(token) ? 'bad' : undefined),
    },
    {
      heading: 'LAST USED',
      key: 'lastUsedAt',
      value: ({ lastUsedAt }) => lastUsedAt,
      show: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : ago(lastUsedAt, now)),
    },
    { heading: 'FROM', key: 'lastUsedFrom', value: ({ lastUsedFrom }) => lastUsedFrom },
  ]
}

/** `kontor token ls`. */
export async function listTokens(cli: Cli, options: ListOptions & { readonly server?: string }): Promise<void> {
  const api = await cli.api(options)
  const rows = api.list<AccessToken>('/user/tokens')
  const columns = columnsAt(Date.now())
  await printList(cli.terminal, { rows, columns, name: ({ id }) => String(id), items: 'access tokens' }, options)
}
