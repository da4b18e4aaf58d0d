import type { Descriptor } from '../../oci/descriptor.ts'
import { CliError } from '../cli-error.ts'
import type { BlobChunks } from '../registry/blob-download.ts'
import { createDigestCheck, DIGEST_INVALID } from '../registry/digest-check.ts'
import { archiveError } from './archive-error.ts'
import type { ArchivedPlace, ArchiveFile } from './archive-file.ts'

const CHUNK_BYTES = 512 * 1024

/**
 * The bytes of a blob in an archive.
 * @param place undefined when it is not in there.
 * @throws CliError when it is not there, or, after the last byte, is something else. Of a blob that is not read from its
 *   beginning the registry that gets it has to say so.
 */
export async function* readArchivedBlob(
  { path, read }: ArchiveFile,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  place: ArchivedPlace | undefined,
  from: number,
): BlobChunks {
  const { digest, size } = blob
  if (place === undefined) throw archiveError(path, { kind: 'incomplete', message: `${digest} is not in it` })
  const check = createDigestCheck(blob)
  for (let position = from; position < size; ) {
    const chunk = await read(place, position, CHUNK_BYTES)
    check.see(position, chunk)
    position += chunk.length
    yield chunk
  }
  try {
    check.finish(path)
  } catch (error) {
    if (!(error instanceof CliError && error.code === DIGEST_INVALID)) throw error
    const message = `what it has as ${digest} is something else; it is damaged, make it again`
    throw archiveError(path, { kind: 'invalid', message })
  }
}
