import { type ListOptions, printList } from '../../output/print-list.ts'
import type { Cli } from '../run.ts'
import { REPOSITORY_COLUMNS, type Repository } from './repository-columns.ts'

/** `kontor repo ls [namespace]`: what one may pull. */
export async function listRepositories(
  cli: Cli,
  namespace: string | undefined,
  options: ListOptions & { readonly server?: string; readonly starred?: boolean },
): Promise<void> {
  const api = await cli.api({ server: options.server })
  const prefix = namespace === undefined ? undefined : `${namespace.replace(/\/+$/, '')}/`
  const rows = options.starred
    ? onlyBelow(api.list<Repository>('/user/stars'), prefix)
    : api.list<Repository>('/repositories', { prefix })
  const list = { rows, columns: REPOSITORY_COLUMNS, name: ({ name }: Repository) => name, items: 'repositories' }
  await printList(cli.terminal, list, options)
}

async function* onlyBelow(rows: AsyncIterable<Repository>, prefix = ''): AsyncGenerator<Repository> {
  for await (const row of rows) if (row.name.startsWith(prefix)) yield row
}
