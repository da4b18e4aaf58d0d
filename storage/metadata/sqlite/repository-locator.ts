import { namespaceOf, type RepositoryName, readRepositoryName } from '../../../oci/repository-name.ts'
import type { AccountId } from '../identities.ts'
import type { Place } from '../repositories.ts'
import { createAccountNames } from './account-names.ts'
import { REPOSITORY_VALUES, type RepositoryValues, valuesToRepository } from './repository-rows.ts'
import type { StoreContext } from './store-context.ts'

/**
 * Makes the function that follows a name to where it leads now. What is there under its own name costs one statement,
 * unless the search shall be thorough.
 */
export function createRepositoryLocator(
  context: StoreContext,
): (name: RepositoryName, options: { readonly thoroughly: boolean }) => Place {
  const { db } = context
  const { findHolder } = createAccountNames(context)
  const selectByName = db
    .prepare<[string], RepositoryValues>(`SELECT ${REPOSITORY_VALUES} FROM repository WHERE name = ?`)
    .raw()
  const selectByFormerName = db
    .prepare<[string], RepositoryValues>(`
      SELECT ${REPOSITORY_VALUES} FROM former_repository_name
      JOIN repository ON repository.id = former_repository_name.repository_id
      WHERE former_repository_name.name = ?`)
    .raw()

  return (name, { thoroughly }) => {
    const direct = selectByName.get(name)
    if (direct !== undefined && !thoroughly) return toPlace(direct)
    const namespace = namespaceOf(name)
    const account = findHolder(namespace)
    const isRenamed = account !== undefined && account.name !== namespace
    const current = isRenamed ? readRepositoryName(account.name + name.slice(namespace.length)) : name
    // With the account's present name it would be too long: no repository can be called that, so it leads nowhere.
    if (current === undefined) return { name, repository: undefined, ownerId: undefined }
    const moved = isRenamed ? selectByName.get(current) : undefined
    if (moved !== undefined && !thoroughly) return toPlace(moved)
    // Former names are kept under the present name of their account.
    const renamed = selectByFormerName.get(current)
    const found = direct ?? moved ?? renamed
    if (found !== undefined) return toPlace(found)
    return { name: current, repository: undefined, ownerId: account && (account.id as AccountId) }
  }
}

function toPlace(values: RepositoryValues): Place {
  const repository = valuesToRepository(values)
  return { name: repository.name, repository, ownerId: repository.ownerId }
}
