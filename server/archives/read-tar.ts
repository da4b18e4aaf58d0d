import { archiveCutOff, readTarEntries, type TarEntryHeader, type TarFileHeader } from '../../oci/tar-entries.ts'
import { paddingBytes } from '../../oci/tar-layout.ts'
import { ByteReader } from './byte-reader.ts'

/** Something in a tar archive. */
export type TarEntry =
  | (TarFileHeader & {
      /** Can be read until the next entry is asked for. */
      readonly bytes: AsyncIterable<Uint8Array>
    })
  | Exclude<TarEntryHeader, TarFileHeader>

/**
 * Reads a tar archive (ustar, pax, GNU), one entry after the other, as the bytes come.
 *
 * It is our own because what comes is anybody's. tar-stream 3.2 reads up to 4 MiB of an extended header into memory and
 * any number of them one after the other without telling anybody, takes negative sizes from pax headers, and names as
 * they are. This one knows what an archive of images consists of and refuses everything else, and is pulled from: what
 * is not asked for is not read.
 *
 * @throws ArchiveRefusal (out of the iteration) for whatever is wrong.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source)
  try {
    for await (const entry of readTarEntries(reader)) {
      if (entry.kind !== 'file') {
        yield entry
        continue
      }
      const content = new EntryBytes(reader, entry.sizeBytes)
      yield { ...entry, bytes: content }
      await content.finish()
    }
  } finally {
    await reader.close()
  }
}

/** The bytes of one entry; whatever was not read is passed over in the end. */
class EntryBytes implements AsyncIterable<Uint8Array> {
  readonly #reader: ByteReader
  readonly #paddingBytes: number
  #leftBytes: number

  constructor(reader: ByteReader, sizeBytes: number) {
    this.#reader = reader
    this.#leftBytes = sizeBytes
    this.#paddingBytes = paddingBytes(sizeBytes)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#leftBytes > 0) {
      const some = await this.#reader.readSome(this.#leftBytes)
      if (some === undefined) throw archiveCutOff()
      this.#leftBytes -= some.byteLength
      yield some
    }
  }

  async finish(): Promise<void> {
    await this.#reader.skip(this.#leftBytes + this.#paddingBytes)
    this.#leftBytes = 0
  }
}
