import { ArchiveRefusal, showName } from '../../oci/archive-refusal.ts'
import { MAX_MANIFEST_BYTES } from '../../oci/manifest.ts'
import type { ArchiveFile } from './archive-file.ts'

/** Bytes of all manifests and configurations that are read as a whole: no archive of images has as many. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024

/** Small files of an archive, read as a whole. */
export interface Documents {
  /** Undefined when it is not there. @throws ArchiveRefusal for one that is large, or one of too many. */
  read(name: string): Promise<Buffer | undefined>
}

export function openDocuments({ places, read }: ArchiveFile): Documents {
  let keptBytes = 0
  return {
    async read(name) {
      const place = places.get(name)
      if (place === undefined) return undefined
      if (place.sizeBytes > MAX_MANIFEST_BYTES) {
        const message = `${showName(name)} has ${place.sizeBytes} bytes; ${MAX_MANIFEST_BYTES} are allowed`
        throw new ArchiveRefusal('too-large', message)
      }
      keptBytes += place.sizeBytes
      if (keptBytes > MAX_KEPT_BYTES) {
        const message = `its manifests and configurations come to more than ${MAX_KEPT_BYTES} bytes; split it`
        throw new ArchiveRefusal('too-large', message)
      }
      return read(place, 0, place.sizeBytes)
    },
  }
}
