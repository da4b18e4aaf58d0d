import type { Tag } from '../../../oci/reference.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import { requireOpenForPushes } from '../open-for-pushes.ts'
import { createAuditRecorder, createContentDescriber } from './audit-events.ts'
import { type RepositoryRow, toRepository } from './repository-rows.ts'
import type { StoreContext } from './store-context.ts'
import { createTagMover } from './tag-mover.ts'

/** What makes a tag point somewhere without a push. */
export interface Pointing {
  readonly repositoryId: RepositoryId
  readonly tag: Tag
  readonly manifestId: number
  readonly action: 'tag.pointed' | 'tag.restored'
  readonly origin: Origin
  readonly detail: Readonly<Record<string, unknown>>
}

/**
 * Makes the function that points a tag elsewhere, inside the transaction of its caller. No manifest arrives, so the
 * repository was not pushed to: what is new is said of the tag alone. It throws RegistryError DENIED when the
 * repository is archived.
 */
export function createTagPointer(context: StoreContext): (pointing: Pointing) => void {
  const { db, now } = context
  const moveTag = createTagMover(context)
  const record = createAuditRecorder(context)
  const describe = createContentDescriber(context)
  const { index } = context.indexer
  const selectRepository = db.prepare<[number], RepositoryRow>('SELECT * FROM repository WHERE id = ?')
  return ({ repositoryId, tag, manifestId, action, origin, detail }) => {
    const row = selectRepository.get(repositoryId)
    if (row === undefined) throw new Error(`repository ${repositoryId} of the tag ${tag} is not there`)
    requireOpenForPushes(toRepository(row))
    moveTag(repositoryId, tag, manifestId, now(), origin)
    record(action, describe(repositoryId, `:${tag}`), origin, detail)
    index(repositoryId)
  }
}
