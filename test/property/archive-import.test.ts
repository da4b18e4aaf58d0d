import fc from 'fast-check'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ArchiveRefusal } from '../../oci/archive-refusal.ts'
import { RegistryError } from '../../oci/error-codes.ts'
import { parseRepositoryName } from '../../oci/repository-name.ts'
import type { Caller } from '../../server/access/caller.ts'
import { createImportArchive, type ImportArchive } from '../../server/archives/import-archive.ts'
import { readTar } from '../../server/archives/read-tar.ts'
import { createUploadHolds } from '../../server/registry/upload-holds.ts'
import { collect, digestOf, inChunks } from '../contract/blob-store-content.ts'
import { archivedImage, COMPRESSIONS, dockerArchive, ociLayout, tarOf } from '../support/archives.ts'
import { type OpenRegistry, openRegistry } from '../unit/registry/open-registry.ts'
import { checkAsync } from './check.ts'

let registry: OpenRegistry
let importArchive: ImportArchive
let alice: Caller

beforeAll(async () => {
  registry = await openRegistry()
  alice = await registry.createCaller('alice')
  importArchive = createImportArchive({
    ...registry,
    ...registry.store,
    uploadHolds: createUploadHolds(),
    allowSparseIndexes: true,
    limits: { maxBytes: 10_000_000 },
  })
})
afterAll(() => registry.close())

/** What becomes of an archive; a fault of ours is thrown. */
async function outcomeOf(archive: Uint8Array, chunkBytes: number): Promise<'imported' | 'refused'> {
  const name = parseRepositoryName('alice/mutated')
  const place = { name, repository: await registry.findRepository(name), ownerId: undefined }
  try {
    const staged = await importArchive.stage(inChunks(archive, chunkBytes))
    try {
      const { images } = await staged.addTo({ place, tag: undefined, image: undefined }, alice)
      expect(images.length).toBeGreaterThan(0)
      return 'imported'
    } finally {
      await staged.close()
    }
  } catch (error) {
    if (error instanceof ArchiveRefusal || error instanceof RegistryError) return 'refused'
    throw error
  }
}

const image = archivedImage('mutated', { layerBytes: 1500 })
const ARCHIVES = [tarOf(ociLayout(image, 'v1')), tarOf(dockerArchive([{ image, repoTags: ['x:v1'] }]))]

/** Something done to some bytes: some removed, others put there. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  removed: fc.constantFrom(0, 0, 1, 2, 100, 512, 1024),
  inserted: fc.uint8Array({ maxLength: 20 }),
})

function mutate(
  bytes: Buffer,
  { at, removed, inserted }: { at: number; removed: number; inserted: Uint8Array },
): Buffer {
  const start = Math.floor(bytes.length * at)
  return Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + removed)])
}

test('S37: an archive with anything wrong in it is imported or refused, and leaves nothing but good blobs', async () => {
  await checkAsync(
    fc.asyncProperty(
      fc.constantFrom(...ARCHIVES),
      fc.constantFrom(...Object.values(COMPRESSIONS)),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.constantFrom(7, 512, 65_536),
      async (archive, compress, mutations, isMutatedWithin, chunkBytes) => {
        const mutateAll = (bytes: Buffer) => mutations.reduce(mutate, bytes)
        const mutated = isMutatedWithin ? compress(mutateAll(archive)) : mutateAll(compress(archive))
        await outcomeOf(mutated, chunkBytes)
        expect(await collect(registry.blobs.listUploads())).toEqual([])
      },
    ),
    { numRuns: 400 },
  )
  for (const { digest, size } of await collect(registry.blobs.list())) {
    const blob = await registry.blobs.open(digest)
    const chunks: Uint8Array[] = []
    for await (const chunk of blob?.read({ first: 0, last: size - 1 }) ?? []) chunks.push(Uint8Array.from(chunk))
    await blob?.close()
    expect(digestOf(Buffer.concat(chunks), digest.startsWith('sha512') ? 'sha512' : 'sha256')).toBe(digest)
  }
})

test('S37: whatever bytes come, they are refused and nothing of them is kept', async () => {
  const beginning = fc.constantFrom('', '1f8b08', '28b52ffd', '50', '7b', 'fd377a585a00')
  await checkAsync(
    fc.asyncProperty(beginning, fc.uint8Array({ maxLength: 3000 }), async (hex, bytes) => {
      expect(await outcomeOf(Buffer.concat([Buffer.from(hex, 'hex'), bytes]), 100)).toBe('refused')
      expect(await collect(registry.blobs.listUploads())).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('what another program packs is read as it was packed', async () => {
  const part = fc.stringMatching(/^[a-zA-Z0-9:@_é-]{1,60}$/)
  const file = fc.record({
    name: fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
    content: fc.uint8Array({ maxLength: 2000 }),
  })
  const files = fc.uniqueArray(file, { maxLength: 8, selector: ({ name }) => name })
  await checkAsync(
    fc.asyncProperty(files, fc.integer({ min: 1, max: 2000 }), async (packed, chunkBytes) => {
      const packer = pack()
      for (const { name, content } of packed) packer.entry({ name }, Buffer.from(content))
      packer.finalize()
      const bytes = Buffer.concat(await collect(packer as AsyncIterable<Buffer>))
      const read: { name: string; content: Uint8Array }[] = []
      for await (const entry of readTar(inChunks(bytes, chunkBytes))) {
        if (entry.kind !== 'file') throw new Error(`${entry.name} was packed as a file`)
        const chunks = (await collect(entry.bytes)).map((chunk) => Uint8Array.from(chunk))
        read.push({ name: entry.name, content: Uint8Array.from(Buffer.concat(chunks)) })
      }
      expect(read).toEqual(packed.map(({ name, content }) => ({ name, content: Uint8Array.from(content) })))
    }),
    { numRuns: 200 },
  )
})
