import { ArchiveRefusal } from '../../../oci/archive-refusal.ts'
import type { ByteReader } from '../byte-reader.ts'
import { corrupt } from './corrupt.ts'

/** What a frame says of itself (RFC 8878, 3.1.1.1). */
export interface FrameHeader {
  /** How far back its matches reach. */
  readonly windowBytes: number
  /** How long its content is, if it says so. */
  readonly contentBytes: number | undefined
  readonly hasChecksum: boolean
}

const WINDOW_BYTE = 1
const DICTIONARY_BYTES = [0, 1, 2, 4] as const

/**
 * Reads what follows a frame's magic number.
 * @param maxWindowBytes the largest window that is kept.
 * @throws ArchiveRefusal for a frame that cannot be read here.
 */
export async function readFrameHeader(reader: ByteReader, maxWindowBytes: number): Promise<FrameHeader> {
  const descriptor = (await reader.read(1)).readUInt8()
  if ((descriptor & 8) !== 0) throw corrupt('a reserved bit')
  const isSingleSegment = (descriptor & 32) !== 0
  const sizeFlag = descriptor >> 6
  const windowDescriptor = isSingleSegment ? undefined : (await reader.read(WINDOW_BYTE)).readUInt8()
  const dictionary = await reader.read(DICTIONARY_BYTES[descriptor & 3] ?? 0)
  if (dictionary.some((byte) => byte !== 0)) {
    throw new ArchiveRefusal('invalid', 'the archive was compressed with a dictionary; compress it without one')
  }
  const sizeBytes = sizeFlag > 0 ? 1 << sizeFlag : isSingleSegment ? 1 : 0
  const contentBytes = sizeBytes === 0 ? undefined : readSize(await reader.read(sizeBytes))
  const windowBytes = windowDescriptor === undefined ? (contentBytes ?? 0) : windowOf(windowDescriptor)
  if (windowBytes > maxWindowBytes) {
    throw new ArchiveRefusal(
      'too-large',
      `the archive was compressed for readers that remember ${windowBytes} bytes, which is too much; ` +
        'compress it without --ultra and --long',
    )
  }
  return { windowBytes, contentBytes, hasChecksum: (descriptor & 4) !== 0 }
}

/** Two bytes count from 256. */
function readSize(bytes: Buffer): number {
  if (bytes.length === 8) return Number(bytes.readBigUInt64LE())
  return bytes.readUIntLE(0, bytes.length) + (bytes.length === 2 ? 256 : 0)
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}
