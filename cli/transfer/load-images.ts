import type { Descriptor } from '../../oci/descriptor.ts'
import type { Digest } from '../../oci/digest.ts'
import type { RemoteManifest } from '../registry/manifests.ts'
import type { RemoteRepository } from '../registry/open-repository.ts'
import type { Progress } from '../terminal/progress.ts'
import type { ChosenImage } from './archive-destinations.ts'
import { archiveError } from './archive-error.ts'
import type { ImageArchive } from './archived-image.ts'
import { blobsOf, type Content, collectContent } from './collect-content.ts'
import { copyContent, findMissing } from './copy-content.ts'
import type { UploadSessions } from './upload-sessions.ts'

/** What came of an archive. */
export interface Loaded {
  readonly images: readonly { readonly digest: string; readonly sizeBytes: number; readonly tags: readonly string[] }[]
  readonly blobs: { readonly added: number; readonly known: number }
  readonly warnings: readonly string[]
}

/** Everything that belongs to several images. */
type Contents = Omit<Content, 'root'>

/** Reads all manifests of images. @throws CliError for an archive that is not what it says. */
export async function collectImages(archive: ImageArchive, chosen: readonly ChosenImage[]): Promise<Contents> {
  const contents: Content[] = []
  for (const { image } of chosen) {
    contents.push(await collectContent(archive.source, image.root, { withReferrers: true }))
  }
  const all = contents.flatMap(({ manifests }) => manifests)
  const manifests = new Map(all.map((manifest) => [manifest.digest, manifest]))
  requireSizes(archive, manifests)
  return {
    manifests: [...manifests.values()],
    companionTags: new Map(contents.flatMap(({ companionTags }) => [...companionTags])),
    missing: contents.flatMap(({ missing }) => missing),
  }
}

/**
 * Brings images of an archive into a repository: blobs that are not there yet, manifests, and the tags last.
 * @throws CliError; called again it goes on where it was.
 */
export async function loadImages(
  archive: ImageArchive,
  chosen: readonly ChosenImage[],
  contents: Contents,
  options: { readonly to: RemoteRepository; readonly sessions: UploadSessions; readonly progress: Progress },
): Promise<Loaded> {
  const missing = await findMissing(contents, options.to)
  const [absent] = missing.blobs.filter(({ digest }) => archive.placeOf(digest) === undefined)
  if (absent !== undefined) {
    const message = `neither it nor the repository has ${absent.digest}, which its images refer to; make it of everything`
    throw archiveError(archive.source.name, { kind: 'incomplete', message })
  }
  const tags = new Map(chosen.flatMap(({ image, tags }) => tags.map((tag) => [tag, image.root] as const)))
  const { warnings } = await copyContent(contents, missing, { from: archive.source, tags, ...options })
  const blobs = new Set(contents.manifests.flatMap(blobsOf).map(({ digest }) => digest))
  const manifests = new Map(contents.manifests.map((manifest) => [manifest.digest, manifest]))
  return {
    images: chosen.map(({ image: { root }, tags }) => ({
      digest: root.digest,
      sizeBytes: sizeUnder(root, manifests),
      tags,
    })),
    blobs: { added: missing.blobs.length, known: blobs.size - missing.blobs.length },
    warnings,
  }
}

/** What refers to something says how long it is, and of what type a manifest is. */
function requireSizes({ placeOf, source }: ImageArchive, manifests: ReadonlyMap<Digest, RemoteManifest>): void {
  function require(isRight: boolean, { digest }: Descriptor): void {
    if (isRight) return
    const message = `${digest} is not as long as what refers to it says, or of another type; make it again`
    throw archiveError(source.name, { kind: 'invalid', message })
  }
  for (const manifest of manifests.values()) {
    for (const child of manifest.view.manifests) {
      const found = manifests.get(child.digest)
      if (found !== undefined) require(found.bytes.length === child.size && found.mediaType === child.mediaType, child)
    }
    for (const blob of blobsOf(manifest)) {
      const place = placeOf(blob.digest)
      if (place !== undefined) require(place.sizeBytes === blob.size, blob)
    }
  }
}

/** Bytes of a manifest and of all that it leads to, each counted once. */
function sizeUnder(root: RemoteManifest, manifests: ReadonlyMap<Digest, RemoteManifest>): number {
  const counted = new Set<Digest>()
  function count(digest: Digest, size: number): number {
    if (counted.has(digest)) return 0
    counted.add(digest)
    const { config, layers, manifests: children } = manifests.get(digest)?.view ?? { layers: [], manifests: [] }
    const under = [...(config === undefined ? [] : [config]), ...layers, ...children]
    return under.reduce((sum, each) => sum + count(each.digest, each.size), size)
  }
  return count(root.digest, root.bytes.length)
}
