import { setImmediate } from 'node:timers/promises'
import { MAX_ZSTD_WINDOW_BYTES } from '../archive-limits.ts'
import { ByteReader } from '../byte-reader.ts'
import type { MemoryBudget } from '../memory-budget.ts'
import { PADDING_BYTES } from './backward-bits.ts'
import { BlockDecoder, MAX_BLOCK_BYTES } from './block-decoder.ts'
import { corrupt } from './corrupt.ts'
import { readFrameHeader } from './frame-header.ts'
import { History } from './history.ts'

const MAGIC = 0xfd2fb528
/** The last four bits say which of the sixteen. */
const SKIPPABLE_MAGIC = 0x184d2a50

/** Blocks after which everybody else has their turn; a full one takes about a millisecond. */
const BLOCKS_PER_TURN = 8

/** True for the beginning of Zstandard data, which parallel compressors begin with a frame to be skipped. */
export function isZstd(magic: Buffer): boolean {
  if (magic.length < 4) return false
  const number = magic.readUInt32LE()
  return number === MAGIC || (number & 0xfffffff0) === SKIPPABLE_MAGIC
}

/**
 * Decompresses Zstandard (RFC 8878), one block at a time, as the bytes come.
 *
 * It is our own because what comes is anybody's. fzstd 0.1 trusts its input: a frame of 18 bytes keeps it busy for more
 * than a minute (98,047 sequences of 131,074 bytes each, into a block of 128 KiB), ten bytes make it take 2 GB for a window,
 * and both happen on the only thread there is. Node has a decoder from 22.15 on; Kontor runs on 20. Here every length is
 * checked before it is acted upon, and a block gives 128 KiB at most. Checksums of frames are passed over: what an image
 * is made of is checked by its digests.
 *
 * @param budget gives the memory for the windows of frames.
 * @throws ArchiveRefusal for what is no Zstandard, or needs more memory than there is.
 */
export async function* decompressZstd(
  source: AsyncIterable<Uint8Array>,
  budget: MemoryBudget,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(source)
  const history = new History()
  const decoder = new BlockDecoder(history)
  const magic = Buffer.alloc(4)
  let heldBytes = 0
  try {
    while (await reader.fill(magic)) {
      const number = magic.readUInt32LE()
      if (number !== MAGIC) {
        if ((number & 0xfffffff0) !== SKIPPABLE_MAGIC) throw corrupt('something else after a frame')
        await reader.skip((await reader.read(4)).readUInt32LE())
        continue
      }
      const header = await readFrameHeader(reader, MAX_ZSTD_WINDOW_BYTES)
      if (header.windowBytes > heldBytes) {
        budget.hold(header.windowBytes - heldBytes)
        heldBytes = header.windowBytes
      }
      history.beginFrame(header.windowBytes)
      decoder.beginFrame()
      yield* decompressBlocks(reader, { history, decoder }, header)
      if (header.hasChecksum) await reader.skip(4)
    }
  } finally {
    budget.release(heldBytes)
    await reader.close()
  }
}

async function* decompressBlocks(
  reader: ByteReader,
  { history, decoder }: { readonly history: History; readonly decoder: BlockDecoder },
  { windowBytes, contentBytes }: { readonly windowBytes: number; readonly contentBytes: number | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const maxBlockBytes = Math.min(windowBytes, MAX_BLOCK_BYTES)
  const block = Buffer.alloc(maxBlockBytes + PADDING_BYTES)
  let givenBytes = 0
  let blocks = 0
  for (let isLast = false; !isLast; ) {
    const header = (await reader.read(3)).readUIntLE(0, 3)
    isLast = (header & 1) === 1
    const sizeBytes = header >> 3
    if (sizeBytes > maxBlockBytes) throw corrupt('a block that is too long')
    history.beginBlock(maxBlockBytes)
    switch ((header >> 1) & 3) {
      case 0:
        history.append(await reader.read(sizeBytes), 0, sizeBytes)
        break
      case 1:
        history.appendRepeated((await reader.read(1)).readUInt8(), sizeBytes)
        break
      case 2:
        if (sizeBytes === 0 || !(await reader.fill(block.subarray(0, sizeBytes)))) throw corrupt('an empty block')
        decoder.decode(block, sizeBytes)
        break
      default:
        throw corrupt('a block of an unknown kind')
    }
    const decoded = history.takeBlock()
    givenBytes += decoded.length
    if (decoded.length > 0) yield decoded
    blocks += 1
    if (blocks % BLOCKS_PER_TURN === 0) await setImmediate()
  }
  if (contentBytes !== undefined && contentBytes !== givenBytes) throw corrupt('a frame of another length than it says')
}
