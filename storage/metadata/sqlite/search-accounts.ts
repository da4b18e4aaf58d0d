import type { AccountId } from '../identities.ts'
import type { Viewer } from '../repositories.ts'
import type { AccountRequest, FoundAccount } from '../search-index.ts'
import { keyOf } from '../search-words.ts'
import type { AccountRow } from './account-rows.ts'
import { allOf, anyOf, startTokens } from './search-expression.ts'
import { beginningOf, gramsOf, marked } from './search-tokens.ts'
import type { StoreContext } from './store-context.ts'
import { preparePerViewer } from './visible.ts'

interface AccountParameters {
  viewerId: number | null
  within: string
  match: string
  /** Parts that the name must really have, as a JSON array; see search-candidates.ts. */
  parts: string | null
  after: number
  limit: number
}

const OWNS_SOMETHING_PUBLIC = `
  EXISTS (SELECT 1 FROM repository INDEXED BY repository_public_account_id_idx
    WHERE repository.account_id = account.id AND repository.visibility = 'public' AND repository.pushed_at IS NOT NULL)`

/** Whether the viewer may know of an account; those that cannot log in are nobody's to find. */
const IS_KNOWN: Readonly<Record<Viewer['kind'], string>> = {
  everything: 'true',
  anonymous: `account.disabled_at IS NULL AND ${OWNS_SOMETHING_PUBLIC}`,
  robot: `account.disabled_at IS NULL AND (${OWNS_SOMETHING_PUBLIC}
    OR account.id = (SELECT organization_id FROM robot WHERE id = @viewerId))`,
  user: `account.disabled_at IS NULL AND (${OWNS_SOMETHING_PUBLIC} OR account.id = @viewerId
    OR EXISTS (SELECT 1 FROM organization_member AS own
      WHERE own.user_id = @viewerId AND own.organization_id = account.id)
    OR EXISTS (SELECT 1 FROM organization_member AS own
      JOIN organization_member AS other ON other.organization_id = own.organization_id
      WHERE own.user_id = @viewerId AND other.user_id = account.id))`,
}

/** Makes the functions that find users and organizations. */
export function createAccountFinder({ db }: StoreContext): {
  list(viewer: Viewer, request: AccountRequest): FoundAccount[]
  findOwners(prefix: string, limit: number): AccountId[]
} {
  db.function('account_has', { deterministic: true }, (name: string, parts: string) =>
    Number((JSON.parse(parts) as string[]).every((part) => keyOf(name).includes(part))),
  )
  const statementFor = preparePerViewer<AccountParameters, AccountRow>(
    db,
    (kind) => `
      SELECT account.* FROM account_text CROSS JOIN account ON account.id = account_text.rowid
      WHERE account_text MATCH @match AND account_text.rowid > @after AND (@parts IS NULL OR account_has(account.name, @parts))
        AND (${IS_KNOWN[kind]})
      ORDER BY account_text.rowid LIMIT @limit`,
  )
  const selectByName = db.prepare<[string], { id: number }>('SELECT id FROM account WHERE name = ?')
  const selectOwners = db.prepare<[string, number], { id: number }>(
    'SELECT rowid AS id FROM account_text WHERE account_text MATCH ? ORDER BY rowid LIMIT ?',
  )

  return {
    list(viewer, request) {
      const match = matchOf(request)
      // Who acts with less than all rights learns of accounts what everybody learns.
      const isNarrowed = viewer.kind !== 'anonymous' && viewer.within !== undefined
      const asking: Viewer = isNarrowed ? { kind: 'anonymous' } : viewer
      const viewerId = asking.kind === 'user' ? asking.userId : asking.kind === 'robot' ? asking.robotId : null
      const { after = 0, limit } = request
      const rows = statementFor(asking).all({ viewerId, within: '[]', match, parts: partsOf(request), after, limit })
      return rows.map(toFoundAccount)
    },
    findOwners(prefix, limit) {
      const word = keyOf(prefix)
      const exact = selectByName.get(prefix)
      const beginning = beginningOf(word)
      const begun = beginning === undefined ? [] : selectOwners.all(anyOf([beginning]), limit)
      const ids = new Set([...(exact === undefined ? [] : [exact]), ...begun].map(({ id }) => id as AccountId))
      return [...ids].slice(0, limit)
    },
  }
}

function matchOf({ match, kind }: AccountRequest): string {
  return [...nameExpressions(match), anyOf(marked('facet', [kind]))].join(' AND ')
}

function nameExpressions(match: AccountRequest['match']): string[] {
  switch (match.how) {
    case 'exact':
      return [anyOf(marked('exact', [match.key]))]
    case 'start':
      return [anyOf(startTokens(match.key))]
    case 'words':
      return match.prefixes.map((prefix) => anyOf([beginningOf(prefix) ?? '']))
    case 'substring':
      return [allOf(marked('gram', match.keys.flatMap(gramsOf)))]
  }
}

function partsOf({ match }: AccountRequest): string | null {
  return match.how === 'substring' ? JSON.stringify(match.keys) : null
}

function toFoundAccount(row: AccountRow): FoundAccount {
  return {
    id: row.id as AccountId,
    kind: row.kind,
    name: row.name,
    displayName: row.display_name ?? undefined,
  }
}
