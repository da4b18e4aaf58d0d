import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ArchiveRefusal } from '../../oci/archive-refusal.ts'
import { MAX_RATIO, RATIO_COUNTS_FROM_BYTES } from './archive-limits.ts'
import { ByteReader } from './byte-reader.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { decompressZstd, isZstd } from './zstd/decompress-zstd.ts'

/** How bytes are compressed, told by how they begin. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** As many bytes as {@link compressionOf} looks at. */
export const MAGIC_BYTES = 6

const GZIP = Buffer.of(0x1f, 0x8b)
/** What `docker load` would take as well, but hardly anybody uses. */
const OTHERS = [
  { name: 'bzip2', magic: Buffer.from('BZh') },
  { name: 'xz', magic: Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00) },
]

export function compressionOf(beginning: Buffer): Compression {
  if (beginning.subarray(0, GZIP.length).equals(GZIP)) return 'gzip'
  return isZstd(beginning) ? 'zstd' : 'none'
}

/** Memory and room for what is decompressed. */
export interface DecompressionLimits {
  readonly budget: MemoryBudget
  /** Told of every byte that comes out. @throws ArchiveRefusal when it is enough. */
  readonly count: (bytes: number) => void
}

/** Undoes a compression, however much or little it was. @throws ArchiveRefusal for damaged bytes and for bombs. */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  { budget, count }: DecompressionLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  let takenBytes = 0
  let givenBytes = 0
  async function* counted() {
    for await (const chunk of source) {
      takenBytes += chunk.byteLength
      yield chunk
    }
  }
  for await (const chunk of decoderOf(compression)(counted(), budget)) {
    givenBytes += chunk.byteLength
    count(chunk.byteLength)
    if (givenBytes > RATIO_COUNTS_FROM_BYTES && givenBytes > takenBytes * MAX_RATIO) throw bomb()
    yield chunk
  }
}

/** Undoes the compression of an archive, whatever it is. @throws ArchiveRefusal as {@link decompress}. */
export async function* decompressArchive(
  source: AsyncIterable<Uint8Array>,
  limits: DecompressionLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(source)
  try {
    const beginning = await reader.peek(MAGIC_BYTES)
    const other = OTHERS.find(({ magic }) => beginning.subarray(0, magic.length).equals(magic))
    if (other !== undefined) {
      throw new ArchiveRefusal('invalid', `the archive is compressed with ${other.name}; use gzip, zstd or nothing`)
    }
    yield* decompress(reader.rest(), compressionOf(beginning), limits)
  } finally {
    await reader.close()
  }
}

type Decoder = (source: AsyncIterable<Uint8Array>, budget: MemoryBudget) => AsyncIterable<Uint8Array>

function decoderOf(compression: Compression): Decoder {
  if (compression === 'none') return (source) => source
  return compression === 'zstd' ? decompressZstd : decompressGzip
}

async function* decompressGzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const input = Readable.from(source, { objectMode: false })
  const gunzip = createGunzip({ chunkSize: 64 * 1024 })
  input.on('error', (error) => gunzip.destroy(error))
  try {
    yield* input.pipe(gunzip)
  } catch (error) {
    if (!isZlibError(error)) throw error
    const message = 'the archive, or a layer in it, is damaged gzip or cut off; make it again, and send it whole'
    throw new ArchiveRefusal('invalid', message, { cause: error })
  } finally {
    input.destroy()
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
}

function bomb(): ArchiveRefusal {
  return new ArchiveRefusal(
    'too-large',
    `the archive, or a layer in it, comes to more than ${MAX_RATIO} times its compressed size, as only bombs do; ` +
      'if it is none, send it uncompressed',
  )
}
