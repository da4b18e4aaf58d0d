import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeFiles } from '../../../../storage/blobs/filesystem/files.ts'
import { openFilesystemBlobStore } from '../../../../storage/blobs/filesystem/filesystem-blob-store.ts'
import { TransferMemory } from '../../../../storage/blobs/filesystem/transfer-memory.ts'
import {
  bytesOf,
  expectBytes,
  inChunks,
  openBlob,
  pull,
  push,
  startUpload,
} from '../../../contract/blob-store-content.ts'
import { createGate, makeFolder, openObservedStore } from './open-store.ts'

const KIB = 1024
const MIB = 1024 * KIB
const CLIENTS = 200

describe('two hundred clients at once', () => {
  it('cannot fill the memory with uploads that the disk does not keep up with', async () => {
    const { store, intercept } = await openObservedStore()
    const disk = createGate()
    const allAreWriting = createGate()
    let writes = 0
    intercept(({ kind }) => {
      if (kind !== 'writev') return undefined
      if (++writes === CLIENTS) allAreWriting.open()
      return disk.opened
    })
    const chunk = bytesOf(64 * KIB)
    let takenBytes = 0
    async function* body() {
      for (let sent = 0; sent < MIB; sent += chunk.byteLength) {
        takenBytes += chunk.byteLength
        yield chunk
      }
    }
    const appends = Array.from({ length: CLIENTS }, async () => {
      const upload = await startUpload(store)
      return upload.append(body(), { at: 0, onInterruption: 'rollback' })
    })
    await allAreWriting.opened
    await nothingChanges(() => takenBytes)

    // Each may be asked for one chunk more than it may hold, and hold one chunk even if it is larger than its share.
    expect(takenBytes).toBeLessThan(16 * MIB + CLIENTS * 3 * chunk.byteLength)
    disk.open()
    const results = await Promise.all(appends)
    expect(results).toEqual(results.map(() => ({ kind: 'appended', offset: MIB })))
  })

  it('cannot fill the memory with downloads that they do not take', async () => {
    let filledBytes = 0
    const open: typeof nodeFiles.open = async (path, flags) => {
      const file = await nodeFiles.open(path, flags)
      return {
        ...file,
        read: (buffer, position) => {
          filledBytes += buffer.byteLength
          return file.read(buffer, position)
        },
      }
    }
    const store = await openFilesystemBlobStore({ root: await makeFolder(), files: { ...nodeFiles, open } })
    const digest = await push(store, bytesOf(4 * MIB))
    const blobs = await Promise.all(Array.from({ length: CLIENTS }, () => openBlob(store, digest)))
    const reads = blobs.map((blob) => blob.read({ first: 0, last: blob.size - 1 })[Symbol.asyncIterator]())
    for (const read of reads) await read.next()
    await nothingChanges(() => filledBytes)

    expect(filledBytes).toBeLessThan(16 * MIB + 2 * CLIENTS * 16 * KIB)
    for (const read of reads) await read.return?.()
    await Promise.all(blobs.map((blob) => blob.close()))
  })
})

/** Waits until a number is the same for several turns of the event loop. */
async function nothingChanges(number: () => number): Promise<void> {
  let last = number()
  for (let turns = 0; turns < 20; turns++) {
    await setImmediate()
    if (number() !== last) turns = 0
    last = number()
  }
}

it('hands byte after byte to the disk as many together as one call can take', async () => {
  const { store, changesDuring } = await openObservedStore()
  const upload = await startUpload(store)
  const byteByByte = inChunks(bytesOf(5_000), 1)
  const changes = await changesDuring(() => upload.append(byteByByte, { at: 0, onInterruption: 'rollback' }))
  expect(changes).toEqual(Array.from({ length: 5 }, () => 'writev <upload>'))
})

it('waits for the reads under way before it closes a blob that nobody wants any more', async () => {
  const { store, intercept } = await openObservedStore()
  const digest = await push(store, bytesOf(4 * MIB))
  const second = createGate()
  const log: string[] = []
  intercept(async ({ kind }) => {
    if (kind === 'read' && log.length === 1) await second.opened
    if (kind === 'read' || kind === 'close') log.push(kind)
  })
  const blob = await openBlob(store, digest)
  const read = blob.read({ first: 0, last: blob.size - 1 })[Symbol.asyncIterator]()
  await read.next()
  const closed = Promise.all([read.return?.(), blob.close()])
  await setImmediate()
  expect(log).toEqual(['read'])
  second.open()
  await closed
  expect(log).toEqual(['read', 'read', 'close'])
})

it('gives back all memory, however transfers end', async () => {
  const { store, intercept } = await openObservedStore()
  const bytes = bytesOf(4 * MIB)
  const digest = await push(store, bytes)
  let fail = false
  let largestRead = 0
  intercept(({ kind }) => {
    if (fail && (kind === 'read' || kind === 'writev')) throw new Error('the disk fails')
  })
  for (let round = 0; round < 30; round++) {
    expectBytes(await pull(store, digest), bytes)
    const blob = await openBlob(store, digest)
    for await (const chunk of blob.read({ first: 0, last: blob.size - 1 })) {
      largestRead = chunk.byteLength
      break
    }
    fail = true
    await expect(pull(store, digest)).rejects.toThrow('the disk fails')
    await expect(push(store, bytes)).rejects.toThrow('the disk fails')
    fail = false
    await blob.close()
  }
  expect(largestRead).toBe(MIB)
})

describe('the memory of all transfers', () => {
  it('is 1 MiB for a piece of a few transfers, and less the more there are', () => {
    const memory = new TransferMemory()
    const pieces = Array.from({ length: 400 }, () => memory.borrow(4 * MIB).byteLength)
    expect(pieces.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => MIB))
    expect(pieces.at(-1)).toBe(16 * KIB)
    expect(pieces.toSorted((one, other) => other - one)).toEqual(pieces)
    expect(pieces.reduce((sum, piece) => sum + piece)).toBeLessThan(16 * MIB + 400 * 16 * KIB)
  })

  it('has what is young collected for every 16 MiB of garbage that transfers made', () => {
    let collections = 0
    const memory = new TransferMemory({ collectYoungGarbage: () => collections++ })
    for (let chunk = 0; chunk < 1024; chunk++) {
      memory.hold(64 * KIB)
      memory.release(64 * KIB)
    }
    expect(collections).toBe(4)
  })

  it('evens out among transfers that go on', () => {
    const memory = new TransferMemory()
    const pieces = Array.from({ length: 100 }, () => memory.borrow(4 * MIB))
    for (let turn = 0; turn < 2_000; turn++) {
      const done = pieces.shift()
      if (done !== undefined) memory.giveBack(done)
      pieces.push(memory.borrow(4 * MIB))
    }
    const sizes = pieces.map(({ byteLength }) => byteLength)
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(128 * KIB)
  })

  it('lends no byte twice, and has all of it again in the end', () => {
    const wanted = fc.oneof(fc.integer({ min: 1, max: 200 * KIB }), fc.integer({ min: 1, max: 2 * MIB }))
    const step = fc.oneof(fc.record({ borrow: wanted }), fc.record({ giveBack: fc.nat() }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const memory = new TransferMemory()
        const lent: Uint8Array[] = []
        for (const each of steps) {
          if ('borrow' in each) {
            const buffer = memory.borrow(each.borrow)
            expect(lent.some((other) => overlap(buffer, other))).toBe(false)
            lent.push(buffer)
          } else if (lent.length > 0) {
            for (const buffer of lent.splice(each.giveBack % lent.length, 1)) memory.giveBack(buffer)
          }
        }
        for (const buffer of lent) memory.giveBack(buffer)
        const again = Array.from({ length: 8 }, () => memory.borrow(MIB))
        expect(again.every(({ byteLength }) => byteLength === MIB)).toBe(true)
        expect(new Set(again.map(({ byteOffset }) => byteOffset % MIB))).toEqual(new Set([0]))
        expect(new Set(again.map(({ byteOffset }) => byteOffset)).size).toBe(8)
      }),
      { numRuns: 50 },
    )
  })

  function overlap(one: Uint8Array, other: Uint8Array): boolean {
    if (one.buffer !== other.buffer) return false
    return one.byteOffset < other.byteOffset + other.byteLength && other.byteOffset < one.byteOffset + one.byteLength
  }
})
