import type { ApiClient } from '../../api/api-client.ts'
import { repositoryPath } from '../../api/paths.ts'
import type { Column } from '../../output/column.ts'
import { type ListOptions, printList } from '../../output/print-list.ts'
import { parseRepositoryReference } from '../../references/image-reference.ts'
import type { Terminal } from '../../terminal/terminal.ts'
import type { Cli } from '../run.ts'
import { inRepository } from './find-repository.ts'

interface Subject {
  readonly type: 'everybody' | 'instance-role' | 'role' | 'user' | 'team' | 'robot'
  readonly name: string | null
}

type Through =
  | { readonly type: 'visibility' | 'own-namespace' | 'base-permission' }
  | { readonly type: 'instance-role' | 'member-role'; readonly role: string }
  | {
      readonly type: 'grant'
      readonly grant: { readonly id: number; readonly repositories: string; readonly team: string | null }
    }

/** One permission, who holds it, and through what, as `GET …/access` answers. */
interface AccessEntry {
  readonly subject: Subject
  readonly permission: string
  readonly through: Through
}

interface AccessPage {
  readonly items: readonly AccessEntry[]
  readonly effective?: { readonly subject: Subject; readonly permission: string | null; readonly narrowed: boolean }
  readonly next?: string
}

const COLUMNS: readonly Column<AccessEntry>[] = [
  { heading: 'WHO', key: 'type', value: ({ subject }) => subject.type },
  { heading: 'NAME', key: 'name', value: ({ subject }) => subject.name, style: () => 'strong' },
  { heading: 'PERMISSION', key: 'permission', value: ({ permission }) => permission },
  { heading: 'THROUGH', key: 'through', value: ({ through }) => describeThrough(through), isElastic: true },
]

/** `kontor repo access <repository>`: who may do what, and through what. */
export async function listAccess(
  cli: Cli,
  name: string,
  options: ListOptions & { readonly server?: string; readonly user?: string },
): Promise<void> {
  const reference = parseRepositoryReference(name)
  const api = await cli.api({ server: options.server, host: reference.host })
  const rows = readAccess(api, `${repositoryPath(reference)}/access`, options.user, cli.terminal)
  const nameOf = ({ subject }: AccessEntry) => subject.name ?? subject.type
  const list = { rows, columns: COLUMNS, name: nameOf, items: 'permissions' }
  await inRepository(api, reference, () => printList(cli.terminal, list, options))
}

async function* readAccess(
  api: ApiClient,
  path: string,
  user: string | undefined,
  terminal: Terminal,
): AsyncGenerator<AccessEntry> {
  let after: string | undefined
  do {
    const page: AccessPage = await api.get(path, { user, after })
    yield* page.items
    if (page.effective !== undefined) terminal.note(describeEffective(page.effective))
    after = page.next
  } while (after !== undefined)
}

function describeEffective({ subject, permission, narrowed }: NonNullable<AccessPage['effective']>): string {
  const who = subject.name ?? subject.type
  const what = permission === null ? 'nothing here' : permission
  return `in all, ${who} may ${what}${narrowed ? ', and the token that asks less than that' : ''}`
}

function describeThrough(through: Through): string {
  switch (through.type) {
    case 'visibility':
      return 'visibility public'
    case 'own-namespace':
      return 'own namespace'
    case 'base-permission':
      return 'base permission'
    case 'instance-role':
      return `registry role ${through.role}`
    case 'member-role':
      return `role ${through.role}`
    case 'grant': {
      const { id, repositories, team } = through.grant
      return `grant ${id} on ${repositories}${team === null ? '' : ` to team ${team}`}`
    }
  }
}
