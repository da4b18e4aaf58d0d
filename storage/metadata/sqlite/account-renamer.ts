import { RegistryError } from '../../../oci/error-codes.ts'
import { readRepositoryName } from '../../../oci/repository-name.ts'
import { createAccountNames } from './account-names.ts'
import type { AccountRow } from './account-rows.ts'
import type { StoreContext } from './store-context.ts'

/**
 * Makes the function that gives an account another name, inside the transaction of its caller: false, and nothing
 * changed, when the name is not free. It throws RegistryError NAME_INVALID when a repository's name would become too long.
 * Everything that has the old name in it as text follows: what people allowed on `acme/web` they allowed on that
 * repository, and an upload that has begun goes on. (Grants follow by themselves, they do not contain the namespace.)
 */
export function createAccountRenamer(context: StoreContext): (account: AccountRow, name: string) => boolean {
  const { db } = context
  const names = createAccountNames(context)
  const selectLongest = db.prepare<[number], { name: string }>(
    'SELECT name FROM repository WHERE account_id = ? ORDER BY length(name) DESC LIMIT 1',
  )
  const updateName = db.prepare<{ id: number; to: string }>('UPDATE account SET name = @to WHERE id = @id')
  const moveRepositories = db.prepare<Move>(`
    UPDATE repository SET name = @to || substr(name, length(@from) + 1) WHERE account_id = @id`)
  const moveDocuments = db.prepare<Move>(`
    UPDATE search_document SET name = @to || substr(name, length(@from) + 1)
    WHERE repository_id IN (SELECT id FROM repository WHERE account_id = @id)`)
  // Names under a namespace lie between it with a slash and with the character that follows the slash.
  const moveWithin = (verb: 'UPDATE' | 'UPDATE OR REPLACE', table: string, column: string) =>
    db.prepare<Move>(`
      ${verb} ${table} SET ${column} = @to || substr(${column}, length(@from) + 1)
      WHERE ${column} >= @from || '/' AND ${column} < @from || '0'`)
  const moveFormerNames = moveWithin('UPDATE', 'former_repository_name', 'name')
  const moveUploads = moveWithin('UPDATE', 'upload_session', 'repository')
  // A scope that waits under the new name covered nothing so far; the one that comes says what the token could do here.
  const moveScopes = moveWithin('UPDATE OR REPLACE', 'access_token_scope', 'pattern')

  return (account, to) => {
    if (!names.take(to, account.id)) return false
    const longest = selectLongest.get(account.id)
    if (longest !== undefined) refuseTooLong(to, to + longest.name.slice(account.name.length))
    updateName.run({ id: account.id, to })
    names.giveUp(account.name, account.id)
    for (const move of [moveRepositories, moveDocuments, moveFormerNames, moveUploads, moveScopes]) {
      move.run({ id: account.id, from: account.name, to })
    }
    return true
  }
}

interface Move {
  id: number
  from: string
  to: string
}

function refuseTooLong(name: string, repository: string): void {
  if (readRepositoryName(repository) !== undefined) return
  throw new RegistryError('NAME_INVALID', {
    message: `${repository} would be longer than a repository's name may be; choose a shorter name than ${name}`,
  })
}
