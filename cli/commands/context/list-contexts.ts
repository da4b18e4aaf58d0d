import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { type KnownServer, knownServers } from '../../servers/known-servers.ts'
import type { Cli } from '../run.ts'

const COLUMNS: readonly Column<KnownServer>[] = [
  { heading: 'SERVER', key: 'server', value: ({ server }) => server, style: () => 'strong' },
  {
    heading: 'CURRENT',
    key: 'current',
    value: ({ current }) => current,
    show: ({ current }) => (current ? '*' : ''),
    style: () => 'good',
  },
  { heading: 'USER', key: 'username', value: ({ username }) => username },
  { heading: 'LOGIN KEPT IN', key: 'keptIn', value: ({ keptIn }) => keptIn, isElastic: true },
]

/** `kontor context ls`. */
export async function listContexts({ terminal, env }: Cli, options: ListOptions): Promise<void> {
  const servers = await knownServers(env)
  async function* rows() {
    yield* servers
  }
  await printList(terminal, { rows: rows(), columns: COLUMNS, name: ({ server }) => server, items: 'servers' }, options)
}
