import type { DeleteContent } from './delete-content.ts'
import type { ListContent } from './list-content.ts'
import type { MountBlob } from './mount-blob.ts'
import type { PullBlob } from './pull-blob.ts'
import type { PullCounts } from './pull-counts.ts'
import type { PullManifest } from './pull-manifest.ts'
import type { PushManifest } from './push-manifest.ts'
import type { UploadBlob } from './upload-blob.ts'

/** Everything one can do with content once it is decided that one may. */
export interface Registry {
  readonly pullManifest: PullManifest
  readonly pullCounts: Pick<PullCounts, 'note'>
  readonly pushManifest: PushManifest
  readonly pullBlob: PullBlob
  readonly uploadBlob: UploadBlob
  readonly mountBlob: MountBlob
  readonly deleteContent: DeleteContent
  readonly listContent: ListContent
}
