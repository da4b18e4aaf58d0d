import { setImmediate } from 'node:timers/promises'
import type { Digest } from '../../../oci/digest.ts'
import { isRunnableConfigType } from '../../../oci/image-config.ts'
import { isManifestMediaType, manifestKindOf } from '../../../oci/media-types.ts'
import type { Tag } from '../../../oci/reference.ts'
import { tagSortKey } from '../../../oci/tag-order.ts'
import type { RepositoryId } from '../identities.ts'
import type { ManifestKind } from '../manifests.ts'
import type { Page } from '../page.ts'
import type { TagDetails, TagListRequest, TagOrder } from '../tags.ts'
import { readIdCursor, toPage } from './paging.ts'
import type { StoreContext } from './store-context.ts'
import { createTagSizes, type TagSizes } from './tag-sizes.ts'

/** Milliseconds of adding up after which others get their turn: what a tag needs may be very much. */
const TURN_MS = 10

/** Sorts after every sort key and after every character of a tag. */
const LAST = '~'

interface TagRow {
  id: number
  name: string
  manifest_id: number
  digest: string
  media_type: string
  artifact_type: string | null
  kind: ManifestKind | null
  platforms: string | null
  started_at: number
  started_by: string
  pulls: number | null
  last_pulled_at: number | null
}

interface PageParameters {
  readonly repositoryId: number
  /** The name or the id that the page before ended with. */
  readonly after: string | number
  readonly afterKey: string
  readonly prefix: string
  readonly limit: number
}

/**
 * What follows a tag in each order, and that order. Where an index is walked in another order than that of names, the
 * unary plus keeps the prefix from being taken for what to look up.
 */
const ORDERS: Readonly<Record<TagOrder, { readonly follows: string; readonly by: string }>> = {
  name: {
    follows: `tag.name >= max(@after, @prefix) AND tag.name <> @after AND tag.name < @prefix || '${LAST}'`,
    by: 'tag.name',
  },
  version: {
    follows: `(tag.sort_key, tag.name) < (@afterKey, @after)
      AND +tag.name >= @prefix AND +tag.name < @prefix || '${LAST}'`,
    by: 'tag.sort_key DESC, tag.name DESC',
  },
  pushed: {
    follows: `tag.id < @after AND +tag.name >= @prefix AND +tag.name < @prefix || '${LAST}'`,
    by: 'tag.id DESC',
  },
}

/** Reads live tags with what they point to. */
export interface TagDetailsReader {
  list(repositoryId: RepositoryId, request: TagListRequest): Promise<Page<TagDetails>>
  find(repositoryId: RepositoryId, tag: Tag): TagDetails | undefined
}

export function createTagDetailsReader(context: StoreContext): TagDetailsReader {
  const { db } = context
  const sizesOf = createTagSizes(context)
  const select = (condition: string) => `
    SELECT tag.id, tag.name, tag.manifest_id, tag.started_at, tag.started_by,
      manifest.digest, manifest.media_type, manifest.artifact_type, description.kind, description.platforms,
      tag_pull.pulls, tag_pull.last_pulled_at
    FROM tag
    CROSS JOIN manifest ON manifest.id = tag.manifest_id
    LEFT JOIN manifest_description AS description ON description.manifest_id = tag.manifest_id
    LEFT JOIN tag_pull ON tag_pull.repository_id = tag.repository_id AND tag_pull.name = tag.name
    WHERE tag.repository_id = @repositoryId AND tag.ended_at IS NULL AND ${condition}`
  const preparePage = (order: TagOrder) => {
    const { follows, by } = ORDERS[order]
    return db.prepare<[PageParameters], TagRow>(`${select(follows)} ORDER BY ${by} LIMIT @limit`)
  }
  const pages = { name: preparePage('name'), version: preparePage('version'), pushed: preparePage('pushed') }
  const selectOne = db.prepare<[{ repositoryId: number; name: string }], TagRow>(select('tag.name = @name'))
  return {
    async list(repositoryId, { order, prefix = '', after, limit }) {
      const parameters = { repositoryId, prefix, limit: limit + 1, ...startOf(order, after) }
      const rows = pages[order].all(parameters)
      const keyOf = order === 'pushed' ? (row: TagRow) => String(row.id) : (row: TagRow) => row.name
      const page = toPage(rows, limit, (row) => row, keyOf)
      const items: TagDetails[] = []
      // A release has several tags: 1, 1.25, 1.25.3, latest.
      const sizesById = new Map<number, TagSizes>()
      let turnBegan = performance.now()
      for (const row of page.items) {
        const sizes = sizesById.get(row.manifest_id) ?? sizesOf(repositoryId, row.manifest_id)
        sizesById.set(row.manifest_id, sizes)
        items.push({ ...toDetails(row), ...sizes })
        if (performance.now() - turnBegan < TURN_MS) continue
        await setImmediate()
        turnBegan = performance.now()
      }
      return { items, next: page.next }
    },
    find(repositoryId, tag) {
      const row = selectOne.get({ repositoryId, name: tag })
      return row && { ...toDetails(row), ...sizesOf(repositoryId, row.manifest_id) }
    },
  }
}

/** Where a page starts. A tag's place among versions follows from its name, be it still there or not. */
function startOf(order: TagOrder, after: string | undefined): Pick<PageParameters, 'after' | 'afterKey'> {
  if (order === 'pushed') return { after: readIdCursor(after) ?? Number.MAX_SAFE_INTEGER, afterKey: '' }
  if (order === 'name') return { after: after ?? '', afterKey: '' }
  return { after: after ?? '', afterKey: after === undefined ? LAST : tagSortKey(after) }
}

function toDetails(row: TagRow): Omit<TagDetails, 'storedBytes' | 'pulledBytes'> {
  return {
    tag: row.name as Tag,
    digest: row.digest as Digest,
    mediaType: row.media_type,
    kind: row.kind ?? guessKind(row),
    platforms: row.platforms === null ? [] : (JSON.parse(row.platforms) as string[]),
    pushedAt: row.started_at,
    pushedBy: row.started_by,
    pulls: row.pulls ?? 0,
    lastPulledAt: row.last_pulled_at ?? undefined,
  }
}

/** For what was pushed before descriptions were made. */
function guessKind({ media_type: mediaType, artifact_type: artifactType }: TagRow): ManifestKind {
  const isIndex = isManifestMediaType(mediaType) && manifestKindOf(mediaType) === 'index'
  return isIndex || (artifactType !== null && isRunnableConfigType(artifactType)) ? 'image' : 'artifact'
}
