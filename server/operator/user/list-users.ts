import type { Account, AccountStore } from '../../../storage/metadata/accounts.ts'
import { showUser } from '../../api/shown-user.ts'
import type { DataFolderOptions } from '../shared-options.ts'
import type { ShellColumn, ShellListOptions, ShellSession } from '../shell.ts'
import { withAccounts } from './open-accounts.ts'

/** A user, as the API answers. */
type ShownUser = ReturnType<typeof showUser>

const PAGE = 100

const COLUMNS: readonly ShellColumn<ShownUser>[] = [
  { heading: 'USER', key: 'username', value: ({ username }) => username, style: () => 'strong' },
  { heading: 'ROLE', key: 'role', value: ({ role }) => role, show: ({ role }) => (role === 'none' ? '' : role) },
  {
    heading: 'STATE',
    key: 'disabled',
    value: ({ disabled }) => disabled,
    show: ({ disabled }) => (disabled ? 'disabled' : ''),
    style: ({ disabled }) => (disabled ? 'warning' : undefined),
  },
  { heading: 'EMAIL', key: 'email', value: ({ email }) => email, isElastic: true },
  {
    heading: 'CREATED',
    key: 'createdAt',
    value: ({ createdAt }) => createdAt,
    show: ({ createdAt }) => createdAt.slice(0, 10),
  },
]

/** `kontor user ls`. */
export async function listUsers(session: ShellSession, options: DataFolderOptions & ShellListOptions): Promise<void> {
  await withAccounts(session, options, async ({ accounts }) => {
    const list = {
      rows: readUsers(accounts),
      columns: COLUMNS,
      name: (user: ShownUser) => user.username,
      items: 'users',
    }
    await session.printList(list, options)
  })
}

async function* readUsers(accounts: AccountStore): AsyncGenerator<ShownUser> {
  let after: string | undefined
  do {
    const page: { readonly items: readonly Account[]; readonly next?: string | undefined } = await accounts.listUsers({
      after,
      limit: PAGE,
    })
    yield* page.items.map(showUser)
    after = page.next
  } while (after !== undefined)
}
