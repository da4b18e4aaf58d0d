import { RegistryError } from '../../../oci/error-codes.ts'
import type { RepositoryName } from '../../../oci/repository-name.ts'
import { namespaceOf } from '../../../oci/repository-name.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import { requireOpenForPushes } from '../open-for-pushes.ts'
import type { Place, Repository, RepositoryBeginnings, RepositoryCreation, RepositoryStore } from '../repositories.ts'
import { type Deletion, drawVersion, type IfVersion, isMet } from '../versions.ts'
import { createAuditRecorder } from './audit-events.ts'
import { createOrganizationEnsurer } from './organizations.ts'
import { toPage } from './paging.ts'
import { createRepositoryDetailsTable } from './repository-details.ts'
import { createRepositoryLocator } from './repository-locator.ts'
import {
  REPOSITORY_VALUES,
  type RepositoryRow,
  type RepositoryValues,
  toRepository,
  valuesToRepository,
} from './repository-rows.ts'
import { createRepositoryUpdater } from './repository-updater.ts'
import type { StoreContext } from './store-context.ts'
import { transactional } from './transaction.ts'
import { createVisibleReader } from './visible.ts'
import { createVisibleNamesReader } from './visible-names.ts'

export function createRepositories(context: StoreContext): RepositoryStore {
  const { db } = context
  const record = createAuditRecorder(context)
  const locate = createRepositoryLocator(context)
  const update = transactional(db, createRepositoryUpdater(context))
  const selectByName = db.prepare<[string], RepositoryRow>('SELECT * FROM repository WHERE name = ?')
  const selectById = db.prepare<[number], RepositoryRow>('SELECT * FROM repository WHERE id = ?')
  const selectMany = db
    .prepare<[string], RepositoryValues>(`
      SELECT ${REPOSITORY_VALUES} FROM json_each(?) AS wanted CROSS JOIN repository ON repository.id = wanted.value`)
    .raw()
  const deleteById = db.prepare<[number]>('DELETE FROM repository WHERE id = ?')
  const readVisible = createVisibleReader<RepositoryRow>(db)
  const readVisibleNames = createVisibleNamesReader(db)
  const details = createRepositoryDetailsTable(context)
  const { unindex } = context.indexer

  const createAt = createRepositoryCreator(context)
  const create = transactional(
    db,
    (asked: RepositoryName, beginnings: RepositoryBeginnings, origin: Origin): RepositoryCreation => {
      const place = locate(asked, { thoroughly: false })
      if (place.repository !== undefined) return { kind: 'exists', repository: place.repository }
      return { kind: 'created', repository: createAt(place, beginnings, origin) }
    },
  )

  const remove = transactional(db, (id: RepositoryId, origin: Origin, ifVersion: IfVersion | undefined): Deletion => {
    const row = selectById.get(id)
    if (row === undefined) return { kind: 'absent' }
    if (!isMet(ifVersion, row.version)) return { kind: 'stale' }
    unindex(id)
    deleteById.run(id)
    record('repository.deleted', { name: row.name, ownerId: row.account_id }, origin)
    return { kind: 'deleted' }
  })

  return {
    async find(name) {
      const row = selectByName.get(name)
      return row && toRepository(row)
    },
    async locate(name, options = { thoroughly: false }) {
      return locate(name, options)
    },
    async listVisible(viewer, { after, limit, prefix = '' }) {
      const rows = readVisible(viewer, { after, from: prefix, limit: limit + 1 })
      // They come in order: what begins with something else comes after all that is wanted.
      const wanted = prefix === '' ? rows : rows.filter(({ name }) => name.startsWith(prefix))
      return toPage(wanted, limit, toRepository, (row) => row.name)
    },
    async listVisibleNames(viewer, { after, limit }) {
      const names = readVisibleNames(viewer, { after, limit: limit + 1 })
      return toPage(
        names,
        limit,
        (name) => name,
        (name) => name,
      )
    },
    async findMany(ids) {
      return selectMany.all(JSON.stringify(ids)).map(valuesToRepository)
    },
    async findDetails(id) {
      return selectById.get(id) === undefined ? undefined : details.read(id)
    },
    async create(name, beginnings, origin) {
      return create(name, beginnings, origin)
    },
    async update(id, changes, origin, ifVersion) {
      return update(id, changes, origin, ifVersion)
    },
    async delete(id, origin, ifVersion) {
      return remove(id, origin, ifVersion)
    },
  }
}

/**
 * Makes the function that a push calls inside its transaction: the repository's id, after creating the repository where
 * it is missing. It throws RegistryError DENIED when {@link createRepositoryCreator} does, or when the repository is
 * archived: a push that began before it was ends here.
 */
export function createRepositoryEnsurer(context: StoreContext): (name: RepositoryName, origin: Origin) => RepositoryId {
  const locate = createRepositoryLocator(context)
  const createAt = createRepositoryCreator(context)
  return (asked, origin) => {
    // Located again, for the account or the repository may have been renamed since the push began.
    const place = locate(asked, { thoroughly: false })
    if (place.repository === undefined) return createAt(place, {}, origin).id
    requireOpenForPushes(place.repository)
    return place.repository.id
  }
}

/**
 * Makes the function that creates a repository inside the transaction of its caller, with the visibility that its
 * namespace wants unless told, and, where it is missing, the organization that owns the namespace. It throws
 * RegistryError DENIED when the name of that organization is held.
 */
function createRepositoryCreator(
  context: StoreContext,
): (place: Place, beginnings: RepositoryBeginnings, origin: Origin) => Repository {
  const { db, now } = context
  const record = createAuditRecorder(context)
  const ensureOrganization = createOrganizationEnsurer(context)
  const insert = db.prepare<
    { ownerId: number; name: string; visibility: string | null; description: string; now: number; version: number },
    RepositoryRow
  >(`
    INSERT INTO repository (account_id, name, visibility, description, created_at, version)
    SELECT id, @name, coalesce(@visibility, default_visibility), @description, @now, @version FROM account WHERE id = @ownerId
    RETURNING *`)
  const createOwner = (name: RepositoryName, origin: Origin) => {
    const owner = ensureOrganization(namespaceOf(name), origin)
    if (owner.name === namespaceOf(name)) return owner.id
    // A former name leads to the present one, unless the whole would be too long with it.
    throw new RegistryError('NAME_INVALID', {
      message: `${namespaceOf(name)} is called ${owner.name} now, with which this name is too long; push under a shorter one`,
    })
  }
  return ({ name, ownerId: knownOwnerId }, { visibility, description = '' }, origin) => {
    const ownerId = knownOwnerId ?? createOwner(name, origin)
    const version = drawVersion()
    const created = insert.get({ ownerId, name, visibility: visibility ?? null, description, now: now(), version })
    if (created === undefined) throw new Error(`inserting repository ${name} returned no row`)
    record('repository.created', { name, ownerId }, origin, {
      visibility: created.visibility,
      ...(description !== '' && { description }),
    })
    return toRepository(created)
  }
}
