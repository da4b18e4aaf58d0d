import { ArchiveRefusal } from '../../../oci/archive-refusal.ts'
import { CliError } from '../../cli-error.ts'
import type { RemoteRepository } from '../../registry/open-repository.ts'
import type { Progress } from '../../terminal/progress.ts'
import { chooseImages, type Destination } from '../../transfer/archive-destinations.ts'
import { archiveError, isIncomplete } from '../../transfer/archive-error.ts'
import type { ImageArchive } from '../../transfer/archived-image.ts'
import type { OpenImageArchive } from '../../transfer/image-archive.ts'
import { collectImages, type Loaded, loadImages } from '../../transfer/load-images.ts'
import { openUploadSessions } from '../../transfer/upload-sessions.ts'
import type { Cli } from '../run.ts'

/**
 * Sends what is missing of the images of an archive; where one description of them leads to what is not there, those of the
 * other one.
 * @throws CliError; called again it goes on where it was.
 */
export async function loadLayers(
  { env }: Cli,
  opened: OpenImageArchive,
  destination: Destination,
  { to, progress }: { readonly to: RemoteRepository; readonly progress: Progress },
): Promise<Loaded> {
  const sessions = await openUploadSessions(env, to)
  async function load(archive: ImageArchive): Promise<Loaded> {
    const { name } = archive.source
    try {
      const chosen = chooseImages(name, archive, destination)
      const contents = await collectImages(archive, chosen)
      try {
        return await loadImages(archive, chosen, contents, { to, sessions, progress })
      } catch (error) {
        const [lost] = contents.missing
        if (lost === undefined || !isAboutReferences(error)) throw error
        throw archiveError(name, { kind: 'incomplete', message: `${error.message}; the archive lacks ${lost.digest}` })
      }
    } catch (error) {
      throw error instanceof ArchiveRefusal ? archiveError(name, error) : error
    }
  }
  try {
    return await load(opened.images)
  } catch (error) {
    const other = isIncomplete(error) ? await opened.other() : undefined
    if (other === undefined) throw error
    return await load(other)
  } finally {
    await sessions.close()
  }
}

/** Whether a registry has refused a manifest for what it refers to. */
function isAboutReferences(error: unknown): error is CliError {
  return error instanceof CliError && /^(MANIFEST|BLOB|MANIFEST_BLOB)_UNKNOWN$/.test(error.code ?? '')
}
