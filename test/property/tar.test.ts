import fc from 'fast-check'
import { extract } from 'tar-stream'
import { expect, test } from 'vitest'
import { ArchiveRefusal } from '../../oci/archive-refusal.ts'
import { readTar } from '../../server/archives/read-tar.ts'
import { tarLengthBytes, writeTar } from '../../server/archives/write-tar.ts'
import { collect, inChunks } from '../contract/blob-store-content.ts'
import { paxRecord, sealed, type TarEntryOptions, tarOf } from '../support/archives.ts'
import { checkAsync } from './check.ts'
import { mostly } from './grammar.ts'

/** What a reader makes of an entry. */
interface Read {
  readonly kind: string
  readonly name: string
  readonly target: string | undefined
  readonly content: string
}

/** What we make of an archive; undefined when we refuse it. */
async function readByUs(archive: Uint8Array, chunkBytes: number): Promise<readonly Read[] | undefined> {
  const entries: Read[] = []
  try {
    for await (const entry of readTar(inChunks(archive, chunkBytes))) {
      const chunks = entry.kind === 'file' ? (await collect(entry.bytes)).map((chunk) => Uint8Array.from(chunk)) : []
      const target = 'target' in entry ? entry.target : undefined
      entries.push({ kind: entry.kind, name: entry.name, target, content: Buffer.concat(chunks).toString('latin1') })
    }
    return entries
  } catch (error) {
    if (error instanceof ArchiveRefusal) return undefined
    throw error
  }
}

const KINDS: Readonly<Record<string, string>> = {
  file: 'file',
  directory: 'directory',
  link: 'hardlink',
  symlink: 'symlink',
}

/** Of archives from before POSIX. tar-stream's types do not know the option, and want to see one that they know. */
const AS_TOLERANT_AS_WE_ARE = { allowUnknownFormat: true, highWaterMark: 16_384 }

/** What tar-stream makes of it; undefined when it refuses it. */
function readByOthers(archive: Uint8Array): Promise<readonly Read[] | undefined> {
  return new Promise((resolve) => {
    const entries: Read[] = []
    const extracting = extract(AS_TOLERANT_AS_WE_ARE)
    extracting.on('entry', ({ name, type = '', linkname }, stream, next) => {
      collect(stream as AsyncIterable<Buffer>).then((chunks) => {
        // It knows folders of before POSIX by their slash, and then says that they are files.
        const kind = type === 'file' && name.endsWith('/') ? 'directory' : (KINDS[type] ?? type)
        const plain = name.replace(/^(?:\.\/)+/, '').replace(/\/$/, '')
        const target = kind.endsWith('link') ? (linkname ?? '') : undefined
        entries.push({
          kind,
          name: plain === '' ? '.' : plain,
          target,
          content: Buffer.concat(chunks).toString('latin1'),
        })
        next()
      }, next)
    })
    extracting.on('finish', () => resolve(entries))
    extracting.on('error', () => resolve(undefined))
    extracting.end(archive)
  })
}

const names = mostly(
  ['a', 'a/b', './a', 'é', 'x'.repeat(100)],
  ['../a', '/a', 'a/', './', '.', 'a//b', 'a/./b', 'a\\b', ''],
)
const longName = fc.constantFrom('b', 'y'.repeat(150), `b/${'y'.repeat(150)}/é`, '../b', 'b/', 'b\0c', '')
const sizes = mostly(['0', '5', '7', '512', '600', '05'], ['', '-1', '5.5', '99999999999999', '0x5'])
const content = fc.oneof(fc.constant(''), fc.string({ maxLength: 20 }), fc.constant('z'.repeat(600)))
const extension = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom('path', 'linkpath'), longName),
      fc.tuple(fc.constant('size'), sizes),
      fc.tuple(mostly(['mtime', '__proto__', 'comment'], ['GNU.sparse.major']), fc.constant('1')),
    ),
    { maxLength: 3 },
  )
  .map((records) => records.map(([key, value]) => paxRecord(key, value)).join(''))

const entries = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ name: names, content, typeFlag: mostly(['0', '0', '\0'], ['5', '1', '2', '7', '3']) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ name: fc.constant('x'), content: extension, typeFlag: fc.constantFrom('x', 'x', 'g') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      name: names,
      content: fc.constant(''),
      linkName: names,
      typeFlag: fc.constantFrom('1', '2'),
    }),
  },
)

/** A long name or a long target, as GNU writes it, and what it is of. */
const withLongName = fc
  .tuple(fc.constantFrom('L', 'K'), longName, fc.constantFrom('0', '1', '2'))
  .map(([kind, name, typeFlag]) => [
    { name: 'l', content: `${name}\0`, typeFlag: kind },
    { name: 'a', linkName: 'b', typeFlag },
  ])

/** A change to a header, sealed with a right checksum: what is wrong is then what it says. */
const headerChange = fc.record({
  block: fc.nat(20),
  at: fc.constantFrom(0, 99, 100, 124, 125, 130, 134, 135, 156, 157, 256, 257, 262, 263, 345, 400, 499, 500),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }),
    fc
      .constantFrom('\0', ' ', '7', '\x80\0\0\0\0\0\0\0\0\0\0\x05', 'ustar ', 'a/b')
      .map((text) => Buffer.from(text, 'latin1')),
  ),
})

/** How an archive is made. */
interface Recipe {
  readonly packed: readonly TarEntryOptions[]
  readonly changes: readonly { readonly block: number; readonly at: number; readonly bytes: Uint8Array }[]
  readonly hasEnd: boolean
}

const recipes: fc.Arbitrary<Recipe> = fc.record({
  packed: fc
    .array(
      fc.oneof(
        entries.map((entry) => [entry]),
        withLongName,
      ),
      { maxLength: 4 },
    )
    .map((some) => some.flat()),
  changes: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(headerChange, { minLength: 1, maxLength: 2 })),
  hasEnd: mostly([true], [false]),
})

function archiveOf({ packed, changes, hasEnd }: Recipe): Buffer {
  const archive = tarOf(packed, { hasEnd })
  for (const { block, at, bytes } of changes) {
    const header = archive.subarray(block * 512, (block + 1) * 512)
    // tar-stream takes what is nothing but a checksum for the end.
    if (header.length < 512 || header.every((byte) => byte === 0)) continue
    header.set(bytes.subarray(0, 512 - at), at)
    sealed(header)
  }
  return archive
}

test('S37: of any archive that is taken, another reader sees the same entries, and whatever is wrong is refused', async () => {
  let compared = 0
  await checkAsync(
    fc.asyncProperty(recipes, fc.constantFrom(1, 500, 65_536), async (recipe, chunkBytes) => {
      const archive = archiveOf(recipe)
      const read = await readByUs(archive, chunkBytes)
      const readToo = read && (await readByOthers(archive))
      if (readToo === undefined) return
      compared += readToo.length > 0 ? 1 : 0
      expect(read).toEqual(readToo)
    }),
    { numRuns: 1000 },
  )
  expect(compared).toBeGreaterThan(50)
})

test('what is written is read by us and by others as it was', async () => {
  const file = fc.record({
    path: fc
      .stringMatching(/^[a-zA-Z0-9._-]{1,100}(\/[a-zA-Z0-9_-]{1,70}){0,2}$/)
      .filter((path) => !/(^|\/)\.\.?(\/|$)/.test(path)),
    content: fc.string({ maxLength: 1500 }).map((text) => Buffer.from(text)),
  })
  await checkAsync(
    fc.asyncProperty(fc.uniqueArray(file, { maxLength: 5, selector: ({ path }) => path }), async (packed) => {
      const files = packed.map(({ path, content: bytes }) => ({
        path,
        sizeBytes: bytes.length,
        read: () => inChunks(bytes),
      }))
      const archive = Buffer.concat((await collect(writeTar(files))).map((chunk) => Uint8Array.from(chunk)))
      expect(archive.length).toBe(tarLengthBytes(files))
      const expected = packed.map(({ path, content: bytes }) => {
        return { kind: 'file', name: path, target: undefined, content: bytes.toString('latin1') }
      })
      expect(await readByUs(archive, 700)).toEqual(expected)
      expect(await readByOthers(archive)).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})
