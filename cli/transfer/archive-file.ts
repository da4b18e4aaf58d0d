import { type FileHandle, open } from 'node:fs/promises'
import { ArchiveRefusal, showName } from '../../oci/archive-refusal.ts'
import { layerLinkTarget } from '../../oci/layer-link.ts'
import { archiveCutOff, readTarEntries, type TarReader } from '../../oci/tar-entries.ts'
import { paddingBytes } from '../../oci/tar-layout.ts'
import { isCompressed, MAGIC_BYTES } from './compression.ts'

/** Where a file of an archive lies in it. */
export interface ArchivedPlace {
  readonly start: number
  readonly sizeBytes: number
}

/** A plain tar archive, of which any part can be read at any time. */
export interface ArchiveFile {
  readonly path: string
  readonly places: ReadonlyMap<string, ArchivedPlace>
  /** Links between layers: from the name of the link to the name that it leads to. */
  readonly links: ReadonlyMap<string, string>
  /** Some bytes of a file; fewer at its end. */
  read(place: ArchivedPlace, from: number, bytes: number): Promise<Buffer>
  close(): Promise<void>
}

/** Tapes have records, and zeros up to their end; what is longer is something else. */
const MAX_TRAILER_BYTES = 1024 * 1024

/**
 * Finds out what is where in an archive, from its headers alone.
 * @throws ArchiveRefusal for what is no plain tar archive, or one that two readers may take for different ones; as the
 *   file system does for what cannot be read.
 */
export async function openArchiveFile(path: string): Promise<ArchiveFile> {
  const file = await open(path)
  try {
    const places = new Map<string, ArchivedPlace>()
    const links = new Map<string, string>()
    const reader = await openReader(file)
    requirePlain(await reader.peek(MAGIC_BYTES))
    for await (const entry of readTarEntries(reader)) {
      if (entry.kind === 'directory') continue
      const { name } = entry
      if (places.has(name) || links.has(name)) throw twice(name)
      if (entry.kind === 'file') {
        places.set(name, { start: reader.position(), sizeBytes: entry.sizeBytes })
        await reader.skip(entry.sizeBytes + paddingBytes(entry.sizeBytes))
      } else {
        links.set(name, layerLinkTarget(entry))
      }
    }
    return {
      path,
      places,
      links,
      read: (place, from, bytes) => readAt(file, place.start + from, Math.min(bytes, place.sizeBytes - from)),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function openReader(
  file: FileHandle,
): Promise<TarReader & { position(): number; peek(bytes: number): Promise<Buffer> }> {
  const { size } = await file.stat()
  let position = 0

  async function read(bytes: number): Promise<Buffer> {
    const found = await readAt(file, position, bytes)
    position += bytes
    return found
  }

  return {
    position: () => position,
    peek: async (bytes) => readAt(file, 0, Math.min(bytes, size)),
    read,
    async fill(buffer) {
      if (position >= size) return false
      buffer.set(await read(buffer.length))
      return true
    },
    async skip(bytes) {
      position += bytes
      if (position > size) throw archiveCutOff()
    },
    async *rest() {
      if (size - position > MAX_TRAILER_BYTES) {
        throw new ArchiveRefusal('invalid', 'much follows the end of the archive; send one archive at a time')
      }
      if (position < size) yield await read(size - position)
    },
  }
}

/** @throws ArchiveRefusal when the file ends before. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) throw archiveCutOff()
    filled += bytesRead
  }
  return buffer
}

function requirePlain(beginning: Buffer): void {
  if (isCompressed(beginning)) throw new ArchiveRefusal('invalid', 'it is compressed')
}

function twice(name: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', `${showName(name)} is there twice; make the archive again`)
}
