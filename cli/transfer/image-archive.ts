import { ArchiveRefusal, type ArchiveRefusalKind } from '../../oci/archive-refusal.ts'
import { openDocuments } from './archive-documents.ts'
import { type ArchiveFile, openArchiveFile } from './archive-file.ts'
import type { ImageArchive } from './archived-image.ts'
import { readDocker } from './read-docker-archive.ts'
import { readLayout } from './read-layout.ts'

/** An archive whose images are known. */
export interface OpenImageArchive {
  readonly images: ImageArchive
  /**
   * What another description in the same archive says, where there is one: of docker's own two, the layout may name images
   * of other platforms that were never on the machine that made the archive.
   */
  other(): Promise<ImageArchive | undefined>
  close(): Promise<void>
}

/**
 * Opens a plain archive with an image layout (image-spec image-layout.md) or of `docker save`.
 * @throws ArchiveRefusal for everything else.
 */
export async function openImageArchive(path: string): Promise<OpenImageArchive> {
  const archive = await openArchiveFile(path)
  try {
    const [first, second] = readingsOf(archive)
    if (first === undefined) {
      throw new ArchiveRefusal('invalid', 'it has neither an image layout nor the manifest.json of docker save')
    }
    const opened = await first().catch(async (refusal: unknown) => {
      if (second === undefined || !isRefusal(refusal, 'incomplete')) throw refusal
      return { images: await second(), isSecond: true }
    })
    const [images, rest] = 'isSecond' in opened ? [opened.images, undefined] : [opened, second]
    const other = async () => rest?.().catch((error: unknown) => (isRefusal(error) ? undefined : Promise.reject(error)))
    return { images, other, close: () => archive.close() }
  } catch (error) {
    await archive.close()
    throw error
  }
}

/** The ways in which it can be read, the better one first. */
function readingsOf(archive: ArchiveFile): readonly (() => Promise<ImageArchive>)[] {
  const has = (name: string) => archive.places.has(name)
  const layout = () => readLayout(archive, openDocuments(archive))
  const docker = () => readDocker(archive, openDocuments(archive))
  if (!has('oci-layout') || !has('index.json')) return has('manifest.json') ? [docker] : []
  if (has('manifest.json')) return [layout, docker]
  // An image layout has no links.
  return archive.links.size === 0 ? [layout] : []
}

function isRefusal(error: unknown, kind?: ArchiveRefusalKind): boolean {
  return error instanceof ArchiveRefusal && (kind === undefined || error.kind === kind)
}
