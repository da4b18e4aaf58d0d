import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  archivedImage,
  archivedIndex,
  blobEntries,
  blobName,
  dockerArchive,
  indexEntry,
  LAYOUT_FILE,
  ociLayout,
  paxRecord,
  sealed,
  type TarEntryOptions,
  tarEntry,
  tarOf,
  zstdBlockHeader,
  zstdFrameHeader,
} from '../../support/archives.ts'
import {
  type Client,
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  openTestServer,
  type TestServer,
} from '../../support/server.ts'
import { storedState } from '../access-matrix/stored-state.ts'

const MIB = 1024 * 1024

let server: TestServer
let alice: Client
let before: unknown

beforeAll(async () => {
  server = await openTestServer({ settings: { archives: { maxBytes: 700 * MIB } } })
  alice = await server.createUser('alice')
})
afterAll(() => server.close())

// Whatever is tried below: no staged file, no blob and no row may be left of it.
beforeEach(() => {
  before = storedState(server.dataDir)
})
afterEach(() => {
  expect(storedState(server.dataDir)).toEqual(before)
})

async function refusalOf(archive: Buffer): Promise<{ status: number; title: string; detail: string }> {
  const { status, body } = await alice
    .post('/api/v1/repositories/alice%2Fhostile/import')
    .attach('archive', archive, 'image.tar')
  return { status, title: body.title, detail: body.detail }
}

async function expectInvalid(archive: Buffer, detail: string): Promise<void> {
  expect(await refusalOf(archive)).toEqual({
    status: 422,
    title: 'ARCHIVE_INVALID',
    detail: expect.stringContaining(detail),
  })
}

async function expectTooLarge(archive: Buffer, detail: string): Promise<void> {
  expect(await refusalOf(archive)).toEqual({
    status: 413,
    title: 'ARCHIVE_TOO_LARGE',
    detail: expect.stringContaining(detail),
  })
}

const image = archivedImage('hostile')
const layout = ociLayout(image, 'v1')
const list = dockerArchive([{ image, repoTags: ['x:v1'] }])

/** A good archive with something bad in it, so that it is the bad thing that is refused. */
function layoutWith(...entries: readonly TarEntryOptions[]): Buffer {
  return tarOf([...layout, ...entries])
}

/** Header blocks with a field of a sort that the writer does not write. */
function headerWith(change: (header: Buffer) => void, entry: TarEntryOptions): Buffer {
  const [header, ...rest] = tarEntry(entry)
  if (header === undefined) throw new Error('an entry has a header')
  change(header)
  return Buffer.concat([sealed(header), ...rest])
}

function pax(...records: readonly [string, string][]): TarEntryOptions {
  return { name: 'pax', typeFlag: 'x', content: records.map(([key, value]) => paxRecord(key, value)).join('') }
}

describe('S37: names that lead out of the archive, or to two things', () => {
  test.each([
    ['/etc/passwd'],
    ['../outside'],
    ['blobs/../../outside'],
    ['blobs//sha256/x'],
    ['blobs\\sha256\\x'],
    ['a\u001b[31mred'],
  ])('%j is refused', async (name) => {
    await expectInvalid(layoutWith({ name, content: 'x' }), 'names must be relative')
  })

  test('so they are in extended headers, whatever stands there', async () => {
    for (const [name, detail] of [
      ['/etc/passwd', 'names must be relative'],
      ['a/../../b', 'names must be relative'],
      ['a\0b', 'has a NUL in it'],
      ['', 'an empty name'],
    ] as const) {
      await expectInvalid(layoutWith(pax(['path', name]), { name: 'harmless', content: 'x' }), detail)
      const long = { name: 'long', typeFlag: 'L', content: `${name}\0` }
      await expectInvalid(layoutWith(long, { name: 'harmless', content: 'x' }), detail)
    }
  })

  test('so are several extended headers before one entry, of which readers believe different ones', async () => {
    const long = { name: 'long', typeFlag: 'L', content: 'a\0' }
    for (const headers of [
      [pax(['path', 'a']), pax(['path', 'b'])],
      [pax(['path', 'a']), pax(['mtime', '1'])],
      [pax(['path', 'b']), long],
      [long, pax(['path', 'b'])],
      [long, long],
    ]) {
      await expectInvalid(layoutWith(...headers, { name: 'harmless', content: 'x' }), 'several extended headers')
    }
  })

  test('and two files of one name, one of which would be checked and the other used', async () => {
    const [first] = blobEntries([image])
    await expectInvalid(layoutWith({ name: first?.name ?? '', content: 'other' }), 'is there twice')
    await expectInvalid(layoutWith({ name: `./${first?.name}`, content: 'other' }), 'is there twice')
    const name = Buffer.from('no utf-8: \xff', 'latin1')
    const entry = headerWith((header) => name.copy(header), { name: 'x' })
    await expectInvalid(Buffer.concat([entry, tarOf(layout)]), 'no UTF-8')
  })
})

describe('S37: links and special files', () => {
  test.each([
    ['a link to a file of the machine', '2', 'x/layer.tar', '/etc/passwd'],
    ['a link that climbs', '2', 'x/layer.tar', '../../etc/passwd'],
    ['a hard link to a file of the machine', '1', 'x/layer.tar', '/etc/passwd'],
    ['a link in place of a blob', '2', 'blobs/sha256/x', '../y'],
    ['a link in place of the contents', '2', 'repositories', 'x'],
    ['a hard link that is no layer', '1', 'a', 'index.json'],
  ])('%s is refused', async (_, typeFlag, name, linkName) => {
    await expectInvalid(tarOf([...list, { name, typeFlag, linkName }]), 'only layers may be links')
  })

  test('a link that leads nowhere, to another link, or to itself is refused', async () => {
    const link = (name: string, linkName: string) => ({ name, typeFlag: '2', linkName })
    await expectInvalid(tarOf([...list, link('x/layer.tar', '../y/layer.tar')]), 'leads to no layer')
    await expectInvalid(tarOf([...list, link('x/layer.tar', 'layer.tar')]), 'leads to no layer')
    const chain = [link('x/layer.tar', '../y/layer.tar'), link('y/layer.tar', '../x/layer.tar')]
    await expectInvalid(tarOf([...list, ...chain]), 'leads to no layer')
    const layer = image.layers[0] ?? ''
    await expectInvalid(layoutWith({ name: 'x/layer.tar', typeFlag: '2', linkName: `../${blobName(layer)}` }), 'links')
  })

  test.each([['3'], ['4'], ['6'], ['7'], ['S'], ['D'], ['M'], ['V'], ['\u007f']])(
    'an entry of the type %j is refused',
    async (typeFlag) => {
      await expectInvalid(layoutWith({ name: 'x', typeFlag }), 'neither file nor directory nor link')
    },
  )

  test('a sparse file by an extended header is refused', async () => {
    await expectInvalid(layoutWith(pax(['GNU.sparse.major', '1']), { name: 'x', content: 'x' }), 'sparse')
  })

  test('a directory or link with bytes after it is refused', async () => {
    await expectInvalid(layoutWith({ name: 'x', typeFlag: '5', content: 'x' }), 'is no file, and yet has a size')
  })
})

describe('S37: sizes that lie', () => {
  test.each([
    ['more than there is', 1_000_000, 'cut off'],
    ['a negative number', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'is no number'],
    ['more than a number holds', '\x80\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff', 'is no number'],
    ['a word', 'many bytes\0', 'is no number'],
  ])('%s is refused', async (_, toldSize, detail) => {
    await expectInvalid(tarOf([...layout, { name: 'x', content: 'x', toldSize }]), detail)
  })

  test('more than the registry takes is refused before it came', async () => {
    const toldSize = '\x80\x00\x00\x00\x00\x00\x7f\xff\xff\xff\xff\xff'
    await expectTooLarge(tarOf([{ name: 'x', content: 'x', toldSize }]), `more than ${700 * MIB} bytes`)
    const extended = [pax(['size', String(2 ** 45)]), { name: 'x', content: 'x' }]
    await expectTooLarge(tarOf(extended), `more than ${700 * MIB} bytes`)
  })

  test('extended headers that are damaged are refused', async () => {
    for (const content of ['x', '5 a=b\n', '99 path=x\n', '0 =\n', '11 size=-10\n', '13 size=1e300\n', '9 path=x ']) {
      await expectInvalid(layoutWith({ name: 'pax', typeFlag: 'x', content }), 'extended header')
    }
    const everything = { name: 'pax', typeFlag: 'g', content: paxRecord('path', 'x') }
    await expectInvalid(layoutWith(everything), 'all entries')
  })

  test('a descriptor that tells another size than there is is refused', async () => {
    const lying = image.manifest.replace(/"size": 3000/, '"size": 3001')
    const entries = [
      LAYOUT_FILE,
      indexEntry([{ image: { manifest: lying, digest: digestOf(lying) } }]),
      { name: blobName(lying), content: lying },
      ...blobEntries([image]),
    ]
    await expectInvalid(tarOf(entries), 'says 3001')
    const child = { mediaType: OCI_MANIFEST, digest: image.digest, size: 1 }
    const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] })
    const indexed = [
      LAYOUT_FILE,
      indexEntry([{ image: { manifest: index, digest: digestOf(index) } }]),
      { name: blobName(index), content: index },
      ...blobEntries([image]),
    ]
    await expectInvalid(tarOf(indexed), 'says 1;')
  })
})

describe('S37: more than anybody needs', () => {
  test('an extended header or a name that is too long', async () => {
    await expectTooLarge(layoutWith(pax(['comment', 'x'.repeat(70_000)])), 'header of 70')
    await expectTooLarge(layoutWith({ name: 'long', typeFlag: 'L', content: 'x'.repeat(5000) }), 'header of 5000 bytes')
    await expectTooLarge(layoutWith({ name: 'long', typeFlag: 'K', toldSize: 4 * 1024 * MIB }), 'header of')
    await expectInvalid(layoutWith(pax(['path', 'x/'.repeat(3000)]), { name: 'x' }), 'names must be relative')
  })

  test('headers without an end, each for all entries', async () => {
    const [header, content, padding] = tarEntry({ ...pax(['comment', '1']), typeFlag: 'g' })
    const one = Buffer.concat([header ?? '', content ?? '', padding ?? ''] as Buffer[])
    await expectTooLarge(gzipSync(Buffer.concat(new Array<Buffer>(20_001).fill(one))), 'entries')
  })

  test('entries without an end', async () => {
    const directories = Array.from({ length: 20_001 }, (_, index) => ({ name: `d${index}`, typeFlag: '5' }))
    await expectTooLarge(gzipSync(tarOf(directories)), 'more than 20000 entries')
  })

  test('documents that would have to be kept', async () => {
    await expectTooLarge(
      tarOf([{ name: 'index.json', content: ' '.repeat(4 * MIB + 1) }]),
      'bytes; 4194304 are allowed',
    )
    const documents = Array.from({ length: 9 }, (_, index) => ({
      name: `document-${index}.json`,
      content: `{"rootfs":"${'x'.repeat(4 * MIB - 20)}"}`,
    }))
    await expectTooLarge(tarOf(documents), 'split it')
  })

  test('references without an end', async () => {
    const descriptor = { mediaType: OCI_MANIFEST, digest: digestOf('x'), size: 1 }
    const manifest = JSON.stringify({ schemaVersion: 2, manifests: new Array(20_001).fill(descriptor) })
    const index = { manifest, digest: digestOf(manifest) }
    const root = JSON.stringify({
      schemaVersion: 2,
      manifests: [{ mediaType: OCI_INDEX, digest: index.digest, size: manifest.length }],
    })
    const entries = [
      LAYOUT_FILE,
      { name: 'index.json', content: root },
      { name: blobName(manifest), content: manifest },
    ]
    await expectTooLarge(tarOf(entries), 'refer to more than 20000')
  })

  test('indexes within indexes without an end', async () => {
    let inner = archivedIndex([image])
    const entries: TarEntryOptions[] = blobEntries([image])
    for (let depth = 0; depth < 12; depth++) {
      entries.push({ name: blobName(inner.manifest), content: inner.manifest })
      inner = archivedIndex([{ ...image, ...inner }])
    }
    entries.push({ name: blobName(inner.manifest), content: inner.manifest })
    await expectInvalid(tarOf([LAYOUT_FILE, indexEntry([{ image: inner }]), ...entries]), 'within each other')
  })
})

describe('S37: bombs', () => {
  const [huge] = tarEntry({ name: 'x', toldSize: 600 * MIB })
  const zeros = gzipSync(Buffer.alloc(16 * MIB))

  test('of gzip', async () => {
    const bomb = Buffer.concat([gzipSync(huge ?? ''), ...new Array<Buffer>(38).fill(zeros)])
    await expectTooLarge(bomb, 'times its compressed size')
  })

  test('of gzip within an archive', async () => {
    const layer = Buffer.concat(new Array<Buffer>(38).fill(zeros))
    await expectTooLarge(tarOf([...list, { name: 'bomb.tar.gz', content: layer }]), 'times its compressed size')
  })

  test('of Zstandard', async () => {
    const block = Buffer.concat([zstdBlockHeader('repeated', 128 * 1024, false), Buffer.of(0)])
    const header = Buffer.concat([zstdBlockHeader('raw', 512, false), huge ?? ''] as Buffer[])
    const bomb = Buffer.concat([zstdFrameHeader(), header, ...new Array<Buffer>(8 * 600).fill(block)])
    await expectTooLarge(bomb, 'times its compressed size')
  })

  test('that come to more bytes than the registry takes, however well they are packed', async () => {
    const block = Buffer.concat([zstdBlockHeader('repeated', 128 * 1024, false), Buffer.of(0)])
    const stored = Buffer.concat([zstdBlockHeader('raw', 1024, false), Buffer.alloc(1024, 1)])
    const files = Array.from({ length: 3 }, (_, index) => tarEntry({ name: `f${index}`, toldSize: 256 * MIB })[0])
    const parts = files.flatMap((file) => [
      zstdBlockHeader('raw', 512, false),
      file ?? Buffer.alloc(0),
      ...new Array<Buffer>(8 * 256).fill(block),
    ])
    // What cannot be compressed comes first, so that the ratio alone does not tell.
    const padding = new Array<Buffer>(4 * 1024).fill(stored)
    const first = [zstdBlockHeader('raw', 512, false), tarEntry({ name: 'p', toldSize: 4 * MIB })[0] ?? Buffer.alloc(0)]
    const bomb = Buffer.concat([zstdFrameHeader(), ...first, ...padding, ...parts])
    await expectTooLarge(bomb, `more than ${700 * MIB} bytes`)
  })

  test('of Zstandard that want 2 GB for 18 bytes, or a minute for as many', async () => {
    const head = Buffer.of(0x28, 0xb5, 0x2f, 0xfd)
    await expectTooLarge(Buffer.concat([head, Buffer.of(0, 0xa8)]), 'remember 2147483648 bytes')
    await expectTooLarge(Buffer.concat([head, Buffer.of(0xa0, 0xff, 0xff, 0xff, 0x7f)]), 'remember 2147483647 bytes')
    // No literals, 98,047 sequences of 65,536 literals and 65,539 bytes more, and no bits for them.
    const block = Buffer.of(0x00, 0xff, 0xff, 0xff, 0x54, 35, 0, 52, 1)
    const frame = Buffer.concat([zstdFrameHeader(), zstdBlockHeader('compressed', block.length, true), block])
    await expectInvalid(frame, 'sequences that are cut off')
    // Codes whose table always gives one symbol and takes no bits.
    const looping = Buffer.of(0x12, 0x80, 0x01, 0x04, 0xf0, 0x03, 0xff, 0xff, 0x01, 0x00)
    const codes = Buffer.concat([zstdFrameHeader(), zstdBlockHeader('compressed', looping.length, true), looping])
    await expectInvalid(codes, 'too many codes')
  })
})

describe('S37: what is no archive of images', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'cut off'],
    ['a text', Buffer.from('this is no archive '.repeat(100)), 'no tar archive'],
    ['a tar archive without its end', tarOf(layout, { hasEnd: false }), 'cut off'],
    ['a gzip file that is cut off', gzipSync(tarOf(layout)).subarray(0, 500), 'damaged gzip'],
    ['a gzip file with something wrong in it', gzipSync(tarOf(layout)).fill(0xff, 300, 320), 'damaged gzip'],
    ['two archives', Buffer.concat([tarOf(layout), tarOf(layout)]), 'something follows the end'],
    ['xz', Buffer.from('fd377a585a000000', 'hex'), 'compressed with xz'],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'compressed with bzip2'],
    ['an archive of something else', tarOf([{ name: 'README', content: 'hello' }]), 'docker save'],
    ['an empty archive', tarOf([]), 'docker save'],
  ])('%s is refused', async (_, archive, detail) => {
    await expectInvalid(archive, detail)
  })

  test('a header that was changed after its checksum', async () => {
    const archive = tarOf(layout)
    archive[0] = 0x78
    await expectInvalid(archive, 'no tar archive')
  })
})

describe('S37: what is not what it says', () => {
  const without = (name: string) => layout.filter((entry) => entry.name !== name)
  const withManifest = (manifest: string) => [
    LAYOUT_FILE,
    indexEntry([{ image: { manifest, digest: digestOf(manifest) } }]),
    { name: blobName(manifest), content: manifest },
    ...blobEntries([image]),
  ]
  const both = JSON.stringify({ ...JSON.parse(image.manifest), manifests: [] })

  test.each([
    [
      'a blob of another digest',
      [...layout, { name: `blobs/sha256/${'0'.repeat(64)}`, content: 'x' }],
      'the archive is damaged',
    ],
    [
      'a manifest of another digest',
      [...layout, { name: `blobs/sha256/${'0'.repeat(64)}`, content: '{"schemaVersion":2}' }],
      'the archive is damaged',
    ],
    ['a layout without a version', without('oci-layout'), 'no file oci-layout'],
    [
      'a layout of another version',
      [...without('oci-layout'), { name: 'oci-layout', content: '{"imageLayoutVersion":"2"}' }],
      'imageLayoutVersion',
    ],
    ['a layout without an index', without('index.json'), 'no index.json'],
    ['an index that is no JSON', [...without('index.json'), { name: 'index.json', content: '{' }], 'index.json'],
    ['an index of nothing', [...without('index.json'), indexEntry([])], 'no image'],
    ['a manifest that is an index, too', withManifest(both), 'has no manifests'],
    [
      'a layer in place of a manifest',
      [
        LAYOUT_FILE,
        indexEntry([{ image: { manifest: image.manifest, digest: digestOf('x') } }]),
        { name: blobName('x'), content: 'x' },
      ],
      'should be a manifest',
    ],
    ['a list that is none', [...list.slice(0, -1), { name: 'manifest.json', content: '{}' }], 'must be a list'],
    [
      'a list of something else',
      [...list.slice(0, -1), { name: 'manifest.json', content: '[null]' }],
      'manifest.json[0]',
    ],
    ['a list of nothing', [...list.slice(0, -1), { name: 'manifest.json', content: '[]' }], 'no image'],
    [
      'a list with a layer as configuration',
      [
        ...list.slice(0, -1),
        { name: 'manifest.json', content: JSON.stringify([{ Config: list[0]?.name, Layers: [] }]) },
      ],
      'should be an image configuration',
    ],
    [
      'a list with too few layers',
      [
        ...list.slice(0, -1),
        { name: 'manifest.json', content: JSON.stringify([{ Config: list[2]?.name, Layers: [list[0]?.name] }]) },
      ],
      'speaks of 2 layers',
    ],
  ] as [string, TarEntryOptions[], string][])('%s is refused', async (_, entries, detail) => {
    await expectInvalid(tarOf(entries), detail)
  })

  test('files that are named and not there are said to be missing', async () => {
    const missing = async (entries: readonly TarEntryOptions[]) => (await refusalOf(tarOf(entries))).title
    expect(await missing(without(blobName(image.manifest)))).toBe('ARCHIVE_INCOMPLETE')
    expect(await missing(without(blobName(image.layers[0] ?? '')))).toBe('ARCHIVE_INCOMPLETE')
    expect(await missing(list.slice(1))).toBe('ARCHIVE_INCOMPLETE')
    const climbing = JSON.stringify([{ Config: '../../etc/passwd', Layers: [] }])
    expect(await missing([{ name: 'manifest.json', content: climbing }])).toBe('ARCHIVE_INCOMPLETE')
  })

  test('names out of an archive are shown short, and steer no terminal', async () => {
    const { detail } = await refusalOf(
      layoutWith({ name: 'x', content: 'x' }, { name: `\u001b]0;${'x'.repeat(80)}`, content: '' }),
    )
    expect(detail).not.toMatch(/[^\x20-\x7e]/)
    const config = `${'x'.repeat(5000)}\u202e`
    const long = await refusalOf(tarOf([{ name: 'manifest.json', content: JSON.stringify([{ Config: config }]) }]))
    expect(long.detail.length).toBeLessThan(300)
  })
})

test('a good archive is taken afterwards: it was not the server that refused', async () => {
  const archive = tarOf(ociLayout(archivedImage('good'), 'v1'))
  await alice.post('/api/v1/repositories/alice%2Fgood/import').attach('archive', archive, 'image.tar').expect(201)
  expect(storedState(server.dataDir)).not.toEqual(before)
  before = storedState(server.dataDir)
})
