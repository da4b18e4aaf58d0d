import fc from 'fast-check'
import { Decompress } from 'fzstd'
import { expect, test } from 'vitest'
import { ArchiveRefusal } from '../../oci/archive-refusal.ts'
import { MAX_ZSTD_WINDOW_BYTES } from '../../server/archives/archive-limits.ts'
import { createMemoryBudget } from '../../server/archives/memory-budget.ts'
import { decompressZstd } from '../../server/archives/zstd/decompress-zstd.ts'
import { inChunks } from '../contract/blob-store-content.ts'
import { zstdBlockHeader, zstdFrameHeader } from '../support/archives.ts'
import { ZSTD_SAMPLES } from '../support/zstd-samples.ts'
import { checkAsync } from './check.ts'

const MAX_BLOCK_BYTES = 128 * 1024
const BLOCK_HEADER_BYTES = 3

interface Decompressed {
  readonly bytes: Buffer
  /** Whether that is all there was. */
  readonly isWhole: boolean
}

/** What comes out before the end or a refusal, and whether it kept to its limits until then. */
async function decompress(bytes: Uint8Array, chunkBytes: number): Promise<Decompressed> {
  const budget = createMemoryBudget(MAX_ZSTD_WINDOW_BYTES)
  const chunks: Uint8Array[] = []
  let isWhole = false
  try {
    for await (const chunk of decompressZstd(inChunks(bytes, chunkBytes), budget)) {
      expect(chunk.byteLength).toBeLessThanOrEqual(MAX_BLOCK_BYTES)
      chunks.push(Uint8Array.from(chunk))
    }
    isWhole = true
  } catch (error) {
    if (!(error instanceof ArchiveRefusal)) throw error
    // There is enough for the largest window; none larger is even asked for.
    expect(error.kind).not.toBe('busy')
  }
  // However it ended, the memory for windows was given back.
  budget.hold(MAX_ZSTD_WINDOW_BYTES)
  // A block takes three bytes at least.
  expect(chunks.length).toBeLessThanOrEqual(bytes.length / BLOCK_HEADER_BYTES)
  return { bytes: Buffer.concat(chunks), isWhole }
}

/** What fzstd makes of it, which is only to be shown what is known to be good: it trusts its input. */
function decompressByOthers(bytes: Uint8Array): Buffer {
  const chunks: Uint8Array[] = []
  new Decompress((chunk) => void chunks.push(Uint8Array.from(chunk))).push(bytes, true)
  return Buffer.concat(chunks)
}

const samples = ZSTD_SAMPLES.map(({ base64 }) => Buffer.from(base64, 'base64'))
const MAGIC_BYTES = 4

/** Where the blocks of a sample begin: what is changed there changes lengths and tables, and not only bytes. */
function blockStarts(sample: Buffer): readonly number[] {
  const [, , , , descriptor = 0] = sample
  const isSingleSegment = (descriptor & 32) !== 0
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag > 0 ? 1 << sizeFlag : Number(isSingleSegment)
  const starts: number[] = []
  for (let at = MAGIC_BYTES + 1 + Number(!isSingleSegment) + sizeBytes; at + BLOCK_HEADER_BYTES <= sample.length; ) {
    starts.push(at)
    const header = sample.readUIntLE(at, BLOCK_HEADER_BYTES)
    if ((header & 1) === 1) break
    at += BLOCK_HEADER_BYTES + (((header >> 1) & 3) === 1 ? 1 : header >> 3)
  }
  return starts
}

const changes = fc.array(
  fc.record({
    /** Behind the beginning of which block, or of the frame. */
    block: fc.nat(5),
    offset: fc.oneof(fc.nat(12), fc.nat(300), fc.nat(40_000)),
    removed: fc.constantFrom(0, 1, 1, 1, 2, 50),
    inserted: fc.uint8Array({ maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
)

test('S37: damaged Zstandard comes to an end, in its memory, and is refused or decompressed and nothing else', async () => {
  await checkAsync(
    fc.asyncProperty(
      fc.constantFrom(...samples.keys()),
      changes,
      fc.constantFrom(11, 5000),
      async (index, all, chunkBytes) => {
        let bytes = samples[index] ?? Buffer.alloc(0)
        for (const { block, offset, removed, inserted } of all) {
          const start = (blockStarts(bytes)[block - 1] ?? 0) + offset
          bytes = Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + removed)])
        }
        await decompress(bytes, chunkBytes)
      },
    ),
    { numRuns: 150 },
  )
})

/** Frames that others than zstd could write: blocks of all kinds, of any size, the contents of compressed ones made up. */
const blocks = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('raw' as const), bytes: fc.uint8Array({ maxLength: 100 }) }),
    fc.record({ kind: fc.constant('repeated' as const), size: fc.nat(1024), byte: fc.nat(255) }),
  ),
  { minLength: 1, maxLength: 10 },
)

test('blocks of bytes and of one byte many times are what they are to another decompressor', async () => {
  await checkAsync(
    fc.asyncProperty(blocks, fc.constantFrom(1, 5000), async (written, chunkBytes) => {
      const parts = written.map((block, index) => {
        const isLast = index === written.length - 1
        if (block.kind === 'raw') return [zstdBlockHeader('raw', block.bytes.length, isLast), block.bytes]
        return [zstdBlockHeader('repeated', block.size, isLast), Buffer.of(block.byte)]
      })
      const frame = Buffer.concat([zstdFrameHeader(1024), ...parts.flat()])
      const { bytes, isWhole } = await decompress(frame, chunkBytes)
      expect(isWhole).toBe(true)
      expect(bytes.equals(decompressByOthers(frame))).toBe(true)
    }),
    { numRuns: 200 },
  )
})

/**
 * The beginning of a compressed block: its literals as they are, how many sequences there are, and by which tables they
 * are told; the rest is chance.
 */
const compressedBlock = fc
  .record({
    literals: fc.uint8Array({ maxLength: 20 }),
    sequences: fc.oneof(fc.nat(127), fc.constantFrom(128, 254, 255)),
    more: fc.uint8Array({ maxLength: 2 }),
    modes: fc.nat(255),
    rest: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ literals, sequences, more, modes, rest }) => {
    return Buffer.concat([
      Buffer.of(literals.length << 3),
      literals,
      Buffer.of(sequences),
      more,
      Buffer.of(modes),
      rest,
    ])
  })
/** Bits beside a match length's code (RFC 8878, 3.1.1.3.2.1.1), from the 45th on: 515 bytes to 131,074. */
const FIRST_LONG_MATCH = 45
const EXTRA_BITS = [9, 10, 11, 12, 13, 14, 15, 16]

/** Few sequences that stand for very much, and end where they should: the same codes again, by tables of one symbol. */
const largeBlock = fc
  .record({
    literals: fc.uint8Array({ minLength: 9, maxLength: 20 }),
    sequences: fc.integer({ min: 1, max: 8 }),
    literalCode: fc.nat(1),
    offsetCode: fc.nat(2),
    match: fc.constantFrom(...EXTRA_BITS.entries()),
    bits: fc.uint8Array({ minLength: 20, maxLength: 20 }),
  })
  .map(({ literals, sequences, literalCode, offsetCode, match: [index, extraBits], bits }) => {
    const count = sequences * (offsetCode + extraBits)
    const whole = Math.floor(count / 8)
    const endMark = 1 << (count % 8)
    const last = endMark | ((bits[whole] ?? 0) & (endMark - 1))
    const tables = Buffer.of(sequences, 0b01_01_01_00, literalCode, offsetCode, FIRST_LONG_MATCH + index)
    const start = [Buffer.of(literals.length << 3), literals, tables]
    return Buffer.concat([...start, bits.subarray(0, whole), Buffer.of(last)])
  })

/** The same of literals that are compressed: in what form, how many, and what describes their codes. */
const compressedLiterals = fc
  .record({
    form: fc.constantFrom(2, 3, 6, 7, 10, 14),
    sizes: fc.uint8Array({ minLength: 2, maxLength: 4 }),
    codes: fc.nat(255),
    rest: fc.uint8Array({ maxLength: 100 }),
  })
  .map(({ form, sizes, codes, rest }) =>
    Buffer.concat([Buffer.of(((sizes[0] ?? 0) & 0xf0) | form), sizes, Buffer.of(codes), rest]),
  )

test('S37: blocks that no compressor made come to an end, in their memory, and are refused or decompressed', async () => {
  const made = fc.array(
    fc.oneof(compressedBlock, largeBlock, compressedLiterals, fc.uint8Array({ minLength: 1, maxLength: 60 })),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  await checkAsync(
    fc.asyncProperty(made, async (contents) => {
      const parts = contents.flatMap((content, index) => {
        return [zstdBlockHeader('compressed', content.length, index === contents.length - 1), content]
      })
      await decompress(Buffer.concat([zstdFrameHeader(), ...parts]), 5000)
    }),
    { numRuns: 500 },
  )
})
