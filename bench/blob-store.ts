/**
 * Measures the blob store on the file system and prints medians:
 * `node --import ./bench/support/register.mjs bench/blob-store.ts [folder]`, with a folder on the disk to be measured;
 * by default it is the system's temporary folder.
 */
import { createHash, randomFillSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Digest, formatDigest } from '../oci/digest.ts'
import type { BlobStore, StagedUpload } from '../storage/blobs/blob-store.ts'
import { openFilesystemBlobStore } from '../storage/blobs/filesystem/filesystem-blob-store.ts'

const KIB = 1024
const MIB = 1024 * KIB
/** What Node's HTTP server hands out. */
const CHUNK_BYTES = 64 * KIB
const LARGE_BYTES = 200 * MIB
const SMALL_BYTES = 4 * KIB
const ROUNDS = 11
const CLIENTS = 200

const random = randomFillSync(Buffer.alloc(16 * MIB))

/** So many bytes, in chunks, that begin with a number: no two are the same blob. */
async function* content(bytes: number, number: number): AsyncIterable<Uint8Array> {
  const first = Buffer.from(random.subarray(0, Math.min(bytes, CHUNK_BYTES)))
  first.writeUInt32BE(number)
  yield first
  for (let position = CHUNK_BYTES; position < bytes; position += CHUNK_BYTES) {
    const start = position % random.byteLength
    yield random.subarray(start, start + Math.min(CHUNK_BYTES, bytes - position))
  }
}

async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return formatDigest('sha256', hash.digest('hex'))
}

async function startUpload(store: BlobStore): Promise<StagedUpload> {
  const upload = await store.findUpload(await store.startUpload())
  if (upload === undefined) throw new Error('the upload that was just started is gone')
  return upload
}

async function push(store: BlobStore, bytes: number, number: number, digest: Digest): Promise<void> {
  const upload = await startUpload(store)
  await upload.append(content(bytes, number), { at: 0, onInterruption: 'rollback' })
  const result = await upload.commit(digest)
  if (result.kind !== 'committed') throw new Error(`the bench pushed ${result.actual} as ${digest}`)
}

async function pull(store: BlobStore, digest: Digest): Promise<void> {
  const blob = await store.open(digest)
  if (blob === undefined) throw new Error(`${digest} is gone`)
  try {
    for await (const _chunk of blob.read({ first: 0, last: blob.size - 1 }));
  } finally {
    await blob.close()
  }
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function report(what: string, bytes: number, milliseconds: number[]): void {
  const sorted = milliseconds.toSorted((one, other) => one - other)
  const median = sorted[sorted.length >> 1] ?? Number.NaN
  const range = `${sorted[0]?.toFixed(2)} to ${sorted.at(-1)?.toFixed(2)}`
  console.log(
    `${what.padEnd(44)} ${median.toFixed(2).padStart(8)} ms (${range}), ${(bytes / 1e6 / median).toFixed(2)} GB/s`,
  )
}

async function measureOne(store: BlobStore, name: string, bytes: number, rounds: number): Promise<void> {
  const pushes: number[] = []
  const repeatedPushes: number[] = []
  const pulls: number[] = []
  for (let round = 0; round < rounds; round++) {
    const digest = await digestOf(content(bytes, round))
    pushes.push(await time(() => push(store, bytes, round, digest)))
    repeatedPushes.push(await time(() => push(store, bytes, round, digest)))
    pulls.push(await time(() => pull(store, digest)))
    await store.delete(digest)
  }
  report(`${name}: append and commit`, bytes, pushes)
  report(`${name}: append and commit, already there`, bytes, repeatedPushes)
  report(`${name}: read`, bytes, pulls)
}

/** Everybody at once; what counts is how much the process grows. */
async function measureMany(store: BlobStore): Promise<void> {
  const bytes = 4 * MIB
  const numbers = Array.from({ length: CLIENTS }, (_, index) => index)
  const blobs = await Promise.all(
    numbers.map(async (number) => ({ number, digest: await digestOf(content(bytes, number)) })),
  )
  report(`${CLIENTS} × 4 MiB at once: append and commit`, CLIENTS * bytes, [
    await time(() => Promise.all(blobs.map(({ number, digest }) => push(store, bytes, number, digest)))),
  ])
  console.log(`${''.padEnd(44)} ${(process.memoryUsage().rss / MIB).toFixed(0).padStart(8)} MiB RSS`)
  report(`${CLIENTS} × 4 MiB at once: read`, CLIENTS * bytes, [
    await time(() => Promise.all(blobs.map(({ digest }) => pull(store, digest)))),
  ])
  console.log(`${''.padEnd(44)} ${(process.memoryUsage().rss / MIB).toFixed(0).padStart(8)} MiB RSS`)
}

const root = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'kontor-bench-'))
try {
  const store = await openFilesystemBlobStore({ root })
  await measureOne(store, '200 MiB', LARGE_BYTES, ROUNDS)
  await measureOne(store, '4 KiB', SMALL_BYTES, 50 * ROUNDS)
  await measureMany(store)
} finally {
  await rm(root, { recursive: true })
}
