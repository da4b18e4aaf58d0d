import { ArchiveRefusal, showName } from './archive-refusal.ts'
import { type Digest, digestAlgorithm, digestHex } from './digest.ts'
import { RegistryError } from './error-codes.ts'
import { isObject, parseJson } from './json-document.ts'
import { type ManifestView, parseManifest } from './manifest.ts'
import { MEDIA_TYPES } from './media-types.ts'

/** The only version there is (image-spec image-layout.md). */
const LAYOUT_VERSION = '1.0.0'

/** Looks into the file `oci-layout`; undefined where there is none. @throws ArchiveRefusal for another version. */
export function requireLayoutVersion(bytes: Uint8Array | undefined): void {
  if (bytes === undefined) throw invalid('there is an index.json, but no file oci-layout; pack the whole folder')
  const layout = parseJson(bytes, 'oci-layout')
  const version = isObject(layout) ? layout['imageLayoutVersion'] : undefined
  if (version === LAYOUT_VERSION) return
  throw invalid(`the version of the layout must be ${LAYOUT_VERSION} (imageLayoutVersion in the file oci-layout)`)
}

/** Reads `index.json`; undefined where there is none. @throws ArchiveRefusal when it is no index. */
export function readLayoutIndex(bytes: Uint8Array | undefined): ManifestView {
  if (bytes === undefined) throw invalid('there is a file oci-layout, but no index.json; pack the whole folder')
  return readArchivedManifest(bytes, MEDIA_TYPES.ociIndex, 'index.json')
}

/**
 * Reads a manifest out of an archive.
 * @param mediaType what refers to it says that it is; undefined where the manifest itself has to say it.
 * @param name of its file, for the message.
 * @throws ArchiveRefusal when it is something else.
 */
export function readArchivedManifest(bytes: Uint8Array, mediaType: string | undefined, name: string): ManifestView {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (error instanceof RegistryError) throw invalid(`${showName(name)}: ${error.message}`)
    throw error
  }
}

/** Where a layout has a blob. */
export function layoutBlobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', message)
}
