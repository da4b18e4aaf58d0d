import type { Descriptor } from '../../oci/descriptor.ts'
import type { Digest } from '../../oci/digest.ts'
import type { BlobChunks } from '../registry/blob-download.ts'
import type { RemoteManifests } from '../registry/manifests.ts'

/** Where images are copied from: a repository of any registry, or an archive. */
export interface ContentSource {
  /** The registry's, whose other repositories may mount what it has; undefined for what is no registry. */
  readonly url: URL | undefined
  /** Of the repository or the file. */
  readonly name: string
  readonly manifests: Pick<RemoteManifests, 'find'>
  /** What speaks of a manifest. */
  referrers(subject: Digest): Promise<readonly Descriptor[]>
  /** The bytes of a blob; at the end they were those of its digest. @param options.from the first that is wanted. */
  download(blob: Pick<Descriptor, 'digest' | 'size'>, options: { readonly from: number }): BlobChunks
}
