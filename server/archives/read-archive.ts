import { createHash } from 'node:crypto'
import { ArchiveRefusal, showName } from '../../oci/archive-refusal.ts'
import { type Digest, type DigestAlgorithm, digestAlgorithm, formatDigest, isDigest } from '../../oci/digest.ts'
import { layerLinkTarget } from '../../oci/layer-link.ts'
import { type ArchiveLimits, MAX_DOCUMENT_BYTES, MAX_KEPT_BYTES } from './archive-limits.ts'
import { type ArchivedFile, type ContentsName, isContentsName, type ReadArchive } from './archived-file.ts'
import { ByteReader } from './byte-reader.ts'
import { type Compression, compressionOf, decompressArchive, MAGIC_BYTES } from './decompress.ts'
import { type DecompressedDigest, digestDecompressed } from './digest-decompressed.ts'
import { type BudgetShare, type MemoryBudget, shareOf } from './memory-budget.ts'
import { readTar, type TarEntry } from './read-tar.ts'
import type { Staging } from './staging.ts'

type FileEntry = TarEntry & { readonly kind: 'file' }

/** Where a layout has its blobs (image-spec image-layout.md). */
const BLOB_NAME = /^blobs\/([^/]+)\/([^/]+)$/

/** What docker wrote into its archives until version 25, and nothing reads any more. */
const LEGACY_NAME = /^(?:repositories|[^/]+\/(?:VERSION|json))$/

/** Keys without which a document describes no image: those of manifests and indexes, and that of configurations. */
const DOCUMENT_KEYS = ['schemaVersion', 'rootfs']

/** What reading an archive works with. */
export interface ReadArchiveParts {
  readonly staging: Staging
  readonly limits: ArchiveLimits
  readonly memory: MemoryBudget
}

/** An archive that was read, as long as what it keeps in memory is needed. */
export interface OpenArchive extends ReadArchive {
  /** Gives the memory back. */
  close(): void
}

/**
 * Reads an archive to its end: files go into the blob store as they come, documents are kept.
 * @throws ArchiveRefusal; what was staged until then is the caller's to discard.
 */
export async function readArchive(
  source: AsyncIterable<Uint8Array>,
  { staging, limits, memory }: ReadArchiveParts,
): Promise<OpenArchive> {
  const kept = shareOf(memory, MAX_KEPT_BYTES, tooManyDocuments)
  try {
    return { ...(await readEntries(source, { staging, limits, memory, kept })), close: () => kept.releaseAll() }
  } catch (error) {
    kept.releaseAll()
    throw error
  }
}

interface Reading extends ReadArchiveParts {
  readonly kept: BudgetShare
}

async function readEntries(source: AsyncIterable<Uint8Array>, reading: Reading): Promise<ReadArchive> {
  const { limits, memory } = reading
  const files = new Map<string, ArchivedFile>()
  const links = new Map<string, string>()
  const contents: { [name in ContentsName]: Buffer | undefined } = {
    'oci-layout': undefined,
    'index.json': undefined,
    'manifest.json': undefined,
  }
  const seen = new Set<string>()
  const plain = decompressArchive(source, { budget: memory, count: countTo(limits.maxBytes) })
  const countLayer = countTo(limits.maxBytes)
  for await (const entry of readTar(plain)) {
    if (entry.kind === 'directory') continue
    const { name } = entry
    if (seen.has(name)) throw invalid(`${showName(name)} is there twice; make the archive again`)
    seen.add(name)
    if (entry.kind !== 'file') links.set(name, layerLinkTarget(entry))
    else if (isContentsName(name)) contents[name] = await readDocument(entry, reading)
    else if (!LEGACY_NAME.test(name)) files.set(name, await readFile(entry, { ...reading, countLayer }))
  }
  for (const [name, target] of links) {
    if (!files.has(target)) throw invalid(`the link ${showName(name)} leads to no layer of the archive`)
  }
  return { files, links, contents }
}

/** A file that must be read as a whole. */
async function readDocument({ name, sizeBytes, bytes }: FileEntry, { kept }: Reading): Promise<Buffer> {
  if (sizeBytes > MAX_DOCUMENT_BYTES) {
    const message = `${showName(name)} has ${sizeBytes} bytes; ${MAX_DOCUMENT_BYTES} are allowed`
    throw new ArchiveRefusal('too-large', message)
  }
  kept.hold(sizeBytes)
  return new ByteReader(bytes).read(sizeBytes)
}

async function readFile(
  entry: FileEntry,
  reading: Reading & { readonly countLayer: (bytes: number) => void },
): Promise<ArchivedFile> {
  const { limits, kept } = reading
  const { name, sizeBytes } = entry
  if (sizeBytes > limits.maxBytes) throw tooLarge(limits.maxBytes)
  const reader = new ByteReader(entry.bytes)
  const beginning = await reader.peek(MAGIC_BYTES)
  if (beginning[0] === 0x7b && sizeBytes <= MAX_DOCUMENT_BYTES) {
    kept.hold(sizeBytes)
    const bytes = await reader.read(sizeBytes)
    const expected = blobNameOf(name)
    if (isDocument(bytes)) {
      const algorithm = expected === undefined ? 'sha256' : digestAlgorithm(expected)
      const digest = formatDigest(algorithm, createHash(algorithm).update(bytes).digest('hex'))
      requireDigest(name, expected, digest)
      return { name, digest, sizeBytes, compression: 'none', diffId: undefined, content: { kind: 'document', bytes } }
    }
    const file = await stageFile(name, [bytes], 'none', reading)
    kept.release(sizeBytes)
    return file
  }
  return stageFile(name, reader.rest(), compressionOf(beginning), reading)
}

async function stageFile(
  name: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  compression: Compression,
  reading: Reading & { readonly countLayer: (bytes: number) => void },
): Promise<ArchivedFile> {
  const { staging, memory, countLayer } = reading
  const expected = blobNameOf(name)
  const algorithm: DigestAlgorithm = expected === undefined ? 'sha256' : digestAlgorithm(expected)
  // Blobs of a layout are what they are called; opening them would cost more than all the rest.
  const inner: DecompressedDigest | undefined =
    expected === undefined && compression !== 'none'
      ? digestDecompressed(bytes, compression, { budget: memory, count: countLayer })
      : undefined
  const blob = await staging.stage(inner?.bytes ?? bytes, algorithm)
  requireDigest(name, expected, blob.digest)
  const diffId = compression === 'none' ? blob.digest : await inner?.digest()
  return {
    name,
    digest: blob.digest,
    sizeBytes: blob.sizeBytes,
    compression,
    diffId,
    content: { kind: 'staged', blob },
  }
}

/** The digest that a file of a layout is named by; undefined for every other file. */
function blobNameOf(name: string): Digest | undefined {
  const [, algorithm, hex] = BLOB_NAME.exec(name) ?? []
  const digest = `${algorithm}:${hex}`
  return isDigest(digest) ? digest : undefined
}

function requireDigest(name: string, expected: Digest | undefined, actual: Digest): void {
  if (expected === undefined || expected === actual) return
  throw invalid(`the bytes of ${showName(name)} are ${actual}; the archive is damaged, make it again`)
}

function isDocument(bytes: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null && DOCUMENT_KEYS.some((key) => Object.hasOwn(value, key))
  } catch {
    return false
  }
}

/** Counts bytes up to a limit. */
function countTo(maxBytes: number): (bytes: number) => void {
  let countedBytes = 0
  return (bytes) => {
    countedBytes += bytes
    if (countedBytes > maxBytes) throw tooLarge(maxBytes)
  }
}

function invalid(message: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', message)
}

function tooLarge(maxBytes: number): ArchiveRefusal {
  return new ArchiveRefusal(
    'too-large',
    `the archive comes to more than ${maxBytes} bytes once it is unpacked; push its images instead, or have the ` +
      'administrator raise archives.maxBytes',
  )
}

function tooManyDocuments(): ArchiveRefusal {
  return new ArchiveRefusal(
    'too-large',
    `the manifests and configurations in the archive come to more than ${MAX_KEPT_BYTES} bytes; split it`,
  )
}
