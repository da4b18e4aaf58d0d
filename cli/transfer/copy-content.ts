import type { Descriptor } from '../../oci/descriptor.ts'
import { shortDigest } from '../output/short-digest.ts'
import type { RemoteManifest } from '../registry/manifests.ts'
import type { RemoteRepository } from '../registry/open-repository.ts'
import type { Progress } from '../terminal/progress.ts'
import { blobsOf, type Content } from './collect-content.ts'
import type { ContentSource } from './content-source.ts'
import { inParallel } from './in-parallel.ts'
import type { UploadSessions } from './upload-sessions.ts'

/** What a copy will do, or did. */
export interface Missing {
  /** What the destination is to be sent, in the order in which it takes them. */
  readonly manifests: readonly RemoteManifest[]
  /** How many of these it does not have yet. */
  readonly newManifests: number
  readonly blobs: readonly Descriptor[]
}

export interface Copied {
  readonly sentBytes: number
  readonly sentBlobs: number
  readonly mountedBlobs: number
  /** What the destination has to say of it, although it took it. */
  readonly warnings: readonly string[]
}

/** What is copied, whatever it belongs to. */
type Copyable = Pick<Content, 'manifests' | 'companionTags'>

/** Blobs under way at once: two connections each, and as many as docker has. */
const AT_ONCE = 4
/** Questions are small. */
const QUESTIONS_AT_ONCE = 8

/**
 * What a destination does not have yet. Who has a manifest has all that it names: a registry takes none without.
 */
export async function findMissing(content: Copyable, to: RemoteRepository): Promise<Missing> {
  const there = new Set<string>()
  await inParallel(content.manifests, QUESTIONS_AT_ONCE, async ({ digest }) => {
    if (await to.manifests.has(digest)) there.add(digest)
  })
  const absent = content.manifests.filter(({ digest }) => !there.has(digest))
  // What speaks of another is sent again: only the answer says whether we must keep the list of such, and a copy may have
  // been interrupted between the two.
  const manifests = content.manifests.filter(({ digest, view }) => view.subject !== undefined || !there.has(digest))
  const needed = new Map(absent.flatMap(blobsOf).map((blob) => [blob.digest, blob]))
  await inParallel([...needed.keys()], QUESTIONS_AT_ONCE, async (digest) => {
    if (await to.hasBlob(digest)) needed.delete(digest)
  })
  return { manifests, newManifests: absent.length, blobs: [...needed.values()] }
}

/**
 * Copies what is missing, and then the tags: until the very last request, nobody who pulls by tag sees anything of it.
 * @param options.tags what is to lead to which manifest; none when it is copied by digest only.
 * @throws CliError; called again it goes on where it was.
 */
export async function copyContent(
  content: Copyable,
  missing: Missing,
  options: {
    readonly from: ContentSource
    readonly to: RemoteRepository
    readonly tags: ReadonlyMap<string, RemoteManifest>
    readonly sessions: UploadSessions
    readonly progress: Progress
  },
): Promise<Copied> {
  const { from, to, tags, sessions, progress } = options
  const isSameRegistry = from.url?.href === to.url.href
  let mountedBlobs = 0
  let sentBytes = 0

  await inParallel(missing.blobs, AT_ONCE, async (blob) => {
    const bar = progress.add(shortDigest(blob.digest), blob.size)
    try {
      const how = await to.upload({
        blob,
        read: (at) => from.download(blob, { from: at }),
        mountFrom: isSameRegistry && from.name !== to.name ? from.name : undefined,
        session: sessions.find(blob.digest),
        onSession: (location) => sessions.note(blob.digest, location),
        onProgress: (bytes) => bar.moveTo(bytes),
      })
      if (how === 'mounted') mountedBlobs += 1
      else sentBytes += blob.size
    } finally {
      bar.end()
    }
  })
  const warnings = new Set<string>()
  const put = async (reference: string, manifest: RemoteManifest) => {
    const taken = await to.manifests.put(reference, manifest)
    for (const warning of taken.warnings) warnings.add(warning)
    return taken
  }
  for (const manifest of missing.manifests) {
    const { isListed } = await put(manifest.digest, manifest)
    const { subject } = manifest.view
    if (subject !== undefined && isListed === false) await to.noteReferrer(subject.digest, manifest)
  }
  for (const [tag, manifest] of new Map([...content.companionTags, ...tags])) await put(tag, manifest)
  // Of a blob that was whole before its answer came, a session may still be noted.
  for (const { digest } of content.manifests.flatMap(blobsOf)) sessions.note(digest, undefined)
  return { sentBytes, sentBlobs: missing.blobs.length - mountedBlobs, mountedBlobs, warnings: [...warnings] }
}
