import { Decompress } from 'fzstd'
import { describe, expect, test } from 'vitest'
import { ArchiveRefusal } from '../../../oci/archive-refusal.ts'
import { createMemoryBudget } from '../../../server/archives/memory-budget.ts'
import { decompressZstd, isZstd } from '../../../server/archives/zstd/decompress-zstd.ts'
import { inChunks } from '../../contract/blob-store-content.ts'
import { zstdBlockHeader, zstdFrameHeader, zstdStored } from '../../support/archives.ts'
import { ZSTD_SAMPLES, zstdSampleText } from '../../support/zstd-samples.ts'

const MIB = 1024 * 1024

async function decompress(bytes: Uint8Array, { chunkBytes = 64 * 1024, budgetBytes = 64 * MIB } = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const budget = createMemoryBudget(budgetBytes)
  for await (const chunk of decompressZstd(inChunks(bytes, chunkBytes), budget)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const text = zstdSampleText()

describe.each(ZSTD_SAMPLES)('what zstd compressed $name', ({ textBytes, base64 }) => {
  const compressed = Buffer.from(base64, 'base64')
  const expected = text.subarray(0, textBytes)

  test('comes out as it was, in whatever chunks it arrives', async () => {
    for (const chunkBytes of [1, 7, 4096, compressed.length]) {
      expect((await decompress(compressed, { chunkBytes })).equals(expected), String(chunkBytes)).toBe(true)
    }
  })

  test('comes out again and again from one frame after the other, with frames to be skipped between them', async () => {
    const skipped = Buffer.concat([Buffer.from('5a2a4d1803000000', 'hex'), Buffer.from('xyz')])
    const several = Buffer.concat([skipped, compressed, skipped, compressed, zstdStored(Buffer.from('end'))])
    const actual = await decompress(several)
    expect(actual.equals(Buffer.concat([expected, expected, Buffer.from('end')]))).toBe(true)
  })

  test('is what another decompressor makes of it', () => {
    const chunks: Uint8Array[] = []
    new Decompress((chunk) => void chunks.push(Uint8Array.from(chunk))).push(compressed, true)
    expect(Buffer.concat(chunks).equals(expected)).toBe(true)
  })

  test('is refused wherever it is cut off', async () => {
    const cuts = Array.from({ length: 60 }, (_, index) => Math.floor((compressed.length * (index + 1)) / 61))
    for (const cut of cuts) {
      await expect(decompress(compressed.subarray(0, cut)), String(cut)).rejects.toThrow(ArchiveRefusal)
    }
  })

  test('S37: comes to an end, and to no more than a block at a time, whichever bit is changed', async () => {
    for (let round = 0; round < 400; round++) {
      const changed = Buffer.from(compressed)
      const at = Math.floor((changed.length * round) / 400)
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (round % 8)), at)
      const budget = createMemoryBudget(64 * MIB)
      try {
        for await (const chunk of decompressZstd(inChunks(changed), budget)) {
          expect(chunk.byteLength).toBeLessThanOrEqual(128 * 1024)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ArchiveRefusal)
      }
      // All memory was given back, however it ended.
      budget.hold(64 * MIB)
    }
  })
})

test('blocks of one byte many times, and empty ones, are what they say', async () => {
  const frame = Buffer.concat([
    zstdFrameHeader(),
    zstdBlockHeader('repeated', 100_000, false),
    Buffer.from('a'),
    zstdBlockHeader('raw', 0, false),
    zstdBlockHeader('repeated', 0, false),
    Buffer.from('b'),
    zstdBlockHeader('raw', 1, true),
    Buffer.from('c'),
  ])
  expect((await decompress(frame)).toString()).toBe(`${'a'.repeat(100_000)}c`)
})

test('matches reach back through the whole window, long after its memory was used again', async () => {
  // 2 MiB of blocks, then one with a match one window back; raw blocks fill the window again and again.
  const blocks = Array.from({ length: 64 }, (_, index) => {
    const content = Buffer.alloc(64 * 1024, index)
    return Buffer.concat([zstdBlockHeader('raw', content.length, false), content])
  })
  // No literals; one sequence: offset code 20 (2^20 + 3 - 3 = the window), match code 0 (3 bytes), by tables of one symbol.
  const bits = Buffer.alloc(3)
  bits.writeUIntLE((1 << 20) | 3, 0, 3)
  const block = Buffer.concat([Buffer.of(0x00, 0x01, 0x54, 0, 20, 0), bits])
  const frame = Buffer.concat([
    zstdFrameHeader(MIB),
    ...blocks,
    zstdBlockHeader('compressed', block.length, true),
    block,
  ])
  const plain = await decompress(frame)
  expect(plain.length).toBe(64 * 64 * 1024 + 3)
  expect([...plain.subarray(-3)]).toEqual([48, 48, 48])
})

describe('S37: what cannot be right is refused', () => {
  const head = Buffer.of(0x28, 0xb5, 0x2f, 0xfd)
  test.each([
    ['a reserved bit', Buffer.concat([head, Buffer.of(0x08, 0x58)])],
    ['a dictionary', Buffer.concat([head, Buffer.of(0x01, 0x58, 0x07)])],
    ['a block of an unknown kind', Buffer.concat([zstdFrameHeader(), Buffer.of(0x07, 0, 0)])],
    ['a block larger than its window', Buffer.concat([zstdFrameHeader(1024), zstdBlockHeader('repeated', 1025, true)])],
    ['a compressed block of nothing', Buffer.concat([zstdFrameHeader(), zstdBlockHeader('compressed', 0, true)])],
    [
      'a match of what was never there',
      Buffer.concat([
        zstdFrameHeader(),
        zstdBlockHeader('compressed', 7, true),
        Buffer.of(0x00, 0x01, 0x54, 0, 2, 0, 0x07),
      ]),
    ],
    [
      'tables that were never sent',
      Buffer.concat([zstdFrameHeader(), zstdBlockHeader('compressed', 4, true), Buffer.of(0x00, 0x01, 0xfc, 0x01)]),
    ],
    [
      'codes that were never sent',
      Buffer.concat([
        zstdFrameHeader(),
        zstdBlockHeader('compressed', 5, true),
        Buffer.of(0x13, 0x40, 0x00, 0x01, 0x00),
      ]),
    ],
    [
      'another length than the frame says',
      Buffer.concat([head, Buffer.of(0x20, 5), zstdBlockHeader('raw', 4, true), Buffer.from('four')]),
    ],
    ['something else after a frame', Buffer.concat([zstdStored(Buffer.from('x')), Buffer.from('more')])],
  ])('%s', async (_, bytes) => {
    await expect(decompress(bytes)).rejects.toThrow(ArchiveRefusal)
  })

  test('a window that others have taken the memory for', async () => {
    await expect(decompress(zstdFrameHeader(8 * MIB), { budgetBytes: 8 * MIB - 1 })).rejects.toMatchObject({
      kind: 'busy',
    })
    await expect(decompress(zstdFrameHeader(16 * MIB))).rejects.toMatchObject({ kind: 'too-large' })
  })
})

test('Zstandard is told by its first four bytes, also where a frame to be skipped comes first', () => {
  expect(isZstd(zstdStored(Buffer.from('x')))).toBe(true)
  expect(isZstd(Buffer.from('502a4d18', 'hex'))).toBe(true)
  expect(isZstd(Buffer.from('602a4d18', 'hex'))).toBe(false)
  expect(isZstd(Buffer.from('28b52f', 'hex'))).toBe(false)
})
