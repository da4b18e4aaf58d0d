import { type ArchivedFile, archiveEnd, paddingBytes, placeFiles } from '../../oci/tar-layout.ts'

/** A file of an archive, with its bytes. */
export interface TarFile extends ArchivedFile {
  /** Its bytes, exactly as many as {@link sizeBytes}. Asked for once, when it is its turn. */
  read(): AsyncIterable<Uint8Array>
}

/** How many bytes {@link writeTar} gives for these files. */
export function tarLengthBytes(files: readonly ArchivedFile[]): number {
  return placeFiles(files).sizeBytes
}

/**
 * Writes files one after the other.
 * @throws Error when a file turns out to have another size: its header is out by then, and the archive is lost.
 */
export async function* writeTar(files: readonly TarFile[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { path, sizeBytes, header, read } of placeFiles(files).files) {
    yield header
    let writtenBytes = 0
    for await (const chunk of read()) {
      writtenBytes += chunk.byteLength
      yield chunk
    }
    if (writtenBytes !== sizeBytes) {
      throw new Error(`${path} has ${writtenBytes} bytes where ${sizeBytes} were announced`)
    }
    const padding = paddingBytes(writtenBytes)
    if (padding > 0) yield new Uint8Array(padding)
  }
  yield archiveEnd()
}
