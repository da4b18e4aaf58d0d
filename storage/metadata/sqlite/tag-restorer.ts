import type { Digest } from '../../../oci/digest.ts'
import type { Tag } from '../../../oci/reference.ts'
import type { Origin } from '../audit-events.ts'
import type { RepositoryId } from '../identities.ts'
import type { TagRestoration } from '../tags.ts'
import { createManifestReviver } from './manifest-reviver.ts'
import type { StoreContext } from './store-context.ts'
import { createTagPointer } from './tag-pointer.ts'

interface TargetRow {
  id: number
  digest: Digest
}

/** Makes the function that points a tag to where it pointed before, inside the transaction of its caller. */
export function createTagRestorer(
  context: StoreContext,
): (repositoryId: RepositoryId, tag: Tag, digest: Digest | undefined, origin: Origin) => TagRestoration {
  const { db } = context
  const revive = createManifestReviver(context)
  const point = createTagPointer(context)
  const selectLive = db.prepare<[number, string], TargetRow>(`
    SELECT manifest.id, manifest.digest FROM tag JOIN manifest ON manifest.id = tag.manifest_id
    WHERE tag.repository_id = ? AND tag.name = ? AND tag.ended_at IS NULL`)
  const selectNamed = db.prepare<[{ repositoryId: number; tag: string; digest: string }], TargetRow>(`
    SELECT manifest.id, manifest.digest FROM manifest
    WHERE manifest.repository_id = @repositoryId AND manifest.digest = @digest AND EXISTS (
      SELECT 1 FROM tag WHERE tag.manifest_id = manifest.id AND tag.name = @tag)`)
  const selectPrevious = db.prepare<[{ repositoryId: number; tag: string; except: number }], TargetRow>(`
    SELECT manifest.id, manifest.digest FROM tag JOIN manifest ON manifest.id = tag.manifest_id
    WHERE tag.repository_id = @repositoryId AND tag.name = @tag AND tag.manifest_id <> @except
    ORDER BY tag.id DESC LIMIT 1`)

  return (repositoryId, tag, digest, origin) => {
    const live = selectLive.get(repositoryId, tag)
    const target =
      digest === undefined
        ? selectPrevious.get({ repositoryId, tag, except: live?.id ?? 0 })
        : selectNamed.get({ repositoryId, tag, digest })
    if (target === undefined) return { kind: 'no-lifetime' }
    if (target.id === live?.id) return { kind: 'restored', digest: target.digest }
    const revival = revive(repositoryId, target.digest)
    if (revival.kind === 'content-gone') return revival
    const detail = { digest: target.digest, previous: live?.digest, revived: revival.digests }
    point({ repositoryId, tag, manifestId: target.id, action: 'tag.restored', origin, detail })
    return { kind: 'restored', digest: target.digest }
  }
}
