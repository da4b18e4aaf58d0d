import { describe, expect, test } from 'vitest'
import { MAX_MANIFEST_BYTES, parseManifest } from '../../../oci/manifest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { refusal, refusalOf } from './refusal-of.ts'

const { ociManifest, ociIndex, dockerManifest, dockerManifestList } = MEDIA_TYPES

const digest = `sha256:${'a'.repeat(64)}`
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 }
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size: 100 }
const child = { mediaType: ociManifest, digest, size: 1000, platform: { os: 'linux', architecture: 'amd64' } }
const image = { schemaVersion: 2, mediaType: ociManifest, config, layers: [layer] }
const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [child] }

/** Reads a manifest written as an object, as text or as bytes. */
function read(body: object | string, contentType?: string) {
  return parseManifest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), contentType)
}

describe('an image manifest', () => {
  test('is seen with its config and layers', () => {
    expect(read(image)).toEqual({
      mediaType: ociManifest,
      config,
      layers: [layer],
      manifests: [],
      subject: undefined,
      artifactType: config.mediaType,
      annotations: undefined,
    })
  })

  test('may have no layers, written as an empty list or as Go writes it', () => {
    expect(read({ ...image, layers: [] }).layers).toEqual([])
    expect(read({ ...image, layers: null }).layers).toEqual([])
  })

  test('shows where else a layer may be had', () => {
    const urls = ['https://example.org/layer']
    expect(read({ ...image, layers: [{ ...layer, urls }] }).layers).toEqual([{ ...layer, urls }])
  })

  test.each([
    ['config', { config: undefined }],
    ['config', { config: null }],
    ['config', { config: [] }],
    ['layers', { layers: undefined }],
    ['layers', { layers: {} }],
    ['layers', { layers: 'none' }],
    ['layers[0]', { layers: [null] }],
    ['layers[1]', { layers: [layer, 7] }],
    ['layers[1].digest', { layers: [layer, { ...layer, digest: undefined }] }],
    ['layers[0].digest', { layers: [{ ...layer, digest: `__proto__:${'a'.repeat(64)}` }] }],
    ['layers[0].digest', { layers: [{ ...layer, digest: 'sha256:../../x' }] }],
    ['layers[0].digest', { layers: [{ ...layer, digest: digest.toUpperCase() }] }],
    ['layers[0].size', { layers: [{ ...layer, size: -1 }] }],
    ['layers[0].size', { layers: [{ ...layer, size: 1.5 }] }],
    ['layers[0].size', { layers: [{ ...layer, size: 2 ** 53 }] }],
    ['layers[0].size', { layers: [{ ...layer, size: '100' }] }],
    ['layers[0].mediaType', { layers: [{ ...layer, mediaType: undefined }] }],
    ['layers[0].urls', { layers: [{ ...layer, urls: 'https://example.org' }] }],
    ['layers[0].urls', { layers: [{ ...layer, urls: [1] }] }],
    ['subject', { subject: 'sha256:abc' }],
    ['subject.digest', { subject: { ...layer, digest: 'latest' } }],
    ['artifactType', { artifactType: 7 }],
    ['annotations', { annotations: [] }],
    ['annotations', { annotations: 'none' }],
    ['annotations["a"]', { annotations: { a: 1 } }],
    ['schemaVersion', { schemaVersion: 1 }],
    ['schemaVersion', { schemaVersion: '2' }],
    ['schemaVersion', { schemaVersion: undefined }],
    ['mediaType', { mediaType: 7 }],
  ])('is refused when its %s is wrong, and the refusal names that: %j', (path, changes) => {
    const { code, status, message } = refusal(() => read({ ...image, ...changes }))
    expect({ code, status }).toEqual({ code: 'MANIFEST_INVALID', status: 400 })
    expect(message).toContain(path)
  })
})

describe('an index', () => {
  test('is seen with its children', () => {
    expect(read(index)).toEqual({
      mediaType: ociIndex,
      config: undefined,
      layers: [],
      manifests: [child],
      subject: undefined,
      artifactType: undefined,
      annotations: undefined,
    })
  })

  test('is taken with whatever its descriptors say of platforms and the like; what is odd of that is not seen', () => {
    const { platform: _, ...bare } = child
    const odd = { platform: { os: 'linux' }, artifactType: 7, annotations: { a: 1 } }
    const whole = {
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      artifactType: 'application/spdx+json',
      annotations: { a: 'b' },
    }
    const manifests = [
      { ...bare, ...odd },
      { ...bare, platform: null, artifactType: '' },
      { ...bare, ...whole },
    ]
    expect(read({ ...index, manifests }).manifests).toStrictEqual([bare, bare, { ...bare, ...whole }])
  })

  test('may have no children', () => {
    expect(read({ ...index, manifests: [] }).manifests).toEqual([])
    expect(read({ ...index, manifests: null }).manifests).toEqual([])
    expect(refusalOf(() => read({ ...index, manifests: undefined }))).toBe('MANIFEST_INVALID')
  })

  test('may refer to a subject and be of a type', () => {
    const view = read({ ...index, subject: child, artifactType: 'application/spdx+json' })
    expect(view.subject?.digest).toBe(digest)
    expect(view.artifactType).toBe('application/spdx+json')
  })

  test('of ten thousand children is read at once (S35)', () => {
    const bytes = Buffer.from(JSON.stringify({ ...index, manifests: Array.from({ length: 10_000 }, () => child) }))
    const startMs = performance.now()
    expect(parseManifest(bytes, undefined).manifests).toHaveLength(10_000)
    expect(performance.now() - startMs).toBeLessThan(2000)
  })
})

describe('what a manifest is', () => {
  test.each([
    [ociManifest, image],
    [dockerManifest, { ...image, mediaType: dockerManifest }],
    [ociIndex, index],
    [dockerManifestList, { ...index, mediaType: dockerManifestList }],
  ])('is said by Content-Type and body alike: %s', (mediaType, body) => {
    for (const contentType of [
      mediaType,
      `${mediaType}; charset=utf-8`,
      `${mediaType} ;charset=utf-8`,
      mediaType.toUpperCase(),
      'application/json',
      'application/json; charset=utf-8',
      '',
      undefined,
    ]) {
      expect(read(body, contentType).mediaType).toBe(mediaType)
    }
  })

  test.each([ociManifest, dockerManifest])('is said by Content-Type alone where the body says nothing: %s', (type) => {
    expect(read({ ...image, mediaType: undefined }, type).mediaType).toBe(type)
    expect(read({ ...image, mediaType: '' }, type).mediaType).toBe(type)
  })

  test('is seen by its shape where nothing says it', () => {
    expect(read({ ...image, mediaType: undefined }).mediaType).toBe(ociManifest)
    expect(read({ ...index, mediaType: undefined }, 'application/json').mediaType).toBe(ociIndex)
    expect(refusalOf(() => read({ schemaVersion: 2 }))).toBe('MANIFEST_INVALID')
  })

  test.each([
    ['the body says another type than Content-Type (S14)', image, dockerManifest],
    ['the body says image, Content-Type says index (S14)', image, ociIndex],
    ['the body says index, Content-Type says image (S14)', index, ociManifest],
    ['an index is sent as an image (S14)', { ...index, mediaType: undefined }, ociManifest],
    ['an image is sent as an index (S14)', { ...image, mediaType: undefined }, ociIndex],
    ['it has layers and manifests together (S14)', { ...image, manifests: [child] }, ociManifest],
    ['it has layers and manifests together, and no type (S14)', { ...image, manifests: [], mediaType: undefined }, ''],
    ['it is an index with empty layers (S14)', { ...index, layers: [] }, ociIndex],
    ['it is an index with layers that are null (S14)', { ...index, layers: null }, ociIndex],
    ['it is an image with empty manifests (S14)', { ...image, layers: undefined, manifests: [] }, ociManifest],
    ['its type is none that is stored', { ...image, mediaType: 'application/vnd.example+json' }, undefined],
    ['its Content-Type is none that is stored', { ...image, mediaType: undefined }, 'application/octet-stream'],
    ['its type is __proto__', { ...image, mediaType: '__proto__' }, undefined],
    ['it is of schema 1', { schemaVersion: 1, name: 'app', tag: 'latest', fsLayers: [] }, undefined],
    [
      'it is the withdrawn artifact manifest',
      { ...image, mediaType: 'application/vnd.oci.artifact.manifest.v1+json' },
      '',
    ],
  ])('is refused when %s', (_, body, contentType) => {
    expect(refusalOf(() => read(body, contentType))).toBe('MANIFEST_INVALID')
  })
})

describe('what clients put into manifests passes', () => {
  test.each([
    ['unknown fields', { 'org.example.field': { deep: [1, 2, { three: true }] } }],
    ['data within a descriptor', { config: { ...config, data: 'e30=' } }],
    ['a Helm chart', { config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } }],
    ['the empty config of an artifact', { config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' } }],
    ['a cache of buildkit', { config: { ...config, mediaType: 'application/vnd.buildkit.cacheconfig.v0' } }],
    ['annotations', { annotations: { 'org.example.note': 'a "quoted" note\n', '': '' } }],
    ['annotations that are null', { annotations: null }],
    ['a subject that is null', { subject: null }],
    ['an empty artifact type', { artifactType: '' }],
    ['an empty layer', { layers: [{ ...layer, size: 0 }] }],
  ])('%s', (_, changes) => {
    expect(read({ ...image, ...changes }).mediaType).toBe(ociManifest)
  })
})

test.each([
  ['its own, if it has one', { artifactType: 'application/spdx+json' }, 'application/spdx+json'],
  ['that of its config, if it has none', {}, config.mediaType],
  ['that of its config, if it is empty', { artifactType: '' }, config.mediaType],
])('the artifact type of an image is %s', (_, changes, artifactType) => {
  expect(read({ ...image, ...changes }).artifactType).toBe(artifactType)
})

describe('hostile manifests', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['half of it', JSON.stringify(image).slice(0, -1)],
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"manifest"'],
    ['a number', '2'],
    ['two documents', `${JSON.stringify(image)}{}`],
    ['a comment', `/* */${JSON.stringify(image)}`],
    ['NaN', '{"schemaVersion": NaN}'],
    ['a size that is no number', `{"schemaVersion":2,"config":{"size":1e999}}`],
  ])('are refused: %s', (_, text) => {
    expect(refusalOf(() => read(text))).toBe('MANIFEST_INVALID')
  })

  test.each([
    ['an overlong dot', [0xc0, 0xae]],
    ['half a letter', [0xc3]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['Latin-1', [0xe9]],
  ])('that are not UTF-8 are refused: %s', (_, foreign) => {
    const [before = '', after = ''] = JSON.stringify({ ...image, annotations: { note: '|' } }).split('|')
    const around = (middle: Uint8Array) => Buffer.concat([Buffer.from(before), middle, Buffer.from(after)])
    expect(parseManifest(around(Buffer.from('é')), ociManifest).annotations).toEqual({ note: 'é' })
    expect(refusalOf(() => parseManifest(around(Buffer.from(foreign)), ociManifest))).toBe('MANIFEST_INVALID')
  })

  test('that are UTF-16 are refused', () => {
    const bytes = Buffer.from(JSON.stringify(image), 'utf16le')
    expect(refusalOf(() => parseManifest(bytes, ociManifest))).toBe('MANIFEST_INVALID')
  })

  test('with the keys of prototypes change no prototype and gain nothing from one (S35)', () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    const text = JSON.stringify(image)
    const hostile = `{"__proto__":{"layers":[],"polluted":true},"constructor":{"prototype":{"polluted":true}},${text.slice(1)}`
    expect(read(hostile)).toEqual(read(image))
    expect(read({ ...image, annotations: JSON.parse('{"__proto__":"a string"}') }).layers).toHaveLength(1)
    expect(refusalOf(() => read(`{"__proto__":${text}}`))).toBe('MANIFEST_INVALID')
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('with a key twice are read as every other reader does: the last one counts (S35)', () => {
    const other = `sha256:${'b'.repeat(64)}`
    const text = `{"layers":[],${JSON.stringify(image).slice(1, -1)},"layers":[${JSON.stringify({ ...layer, digest: other })}]}`
    expect(read(text).layers.map((each) => each.digest)).toEqual([other])
  })

  test.each([
    ['lists', '['.repeat(MAX_MANIFEST_BYTES)],
    ['objects', '{"a":'.repeat(MAX_MANIFEST_BYTES / 5)],
    ['objects that are closed', `${'{"a":'.repeat(600_000)}1${'}'.repeat(600_000)}`],
    [
      'lists within a good manifest',
      JSON.stringify(image).replace('{', `{"deep":${'['.repeat(9e5)}${']'.repeat(9e5)},`),
    ],
  ])('as deep as they can be end in an answer, not in a crash (S35): %s', (_, text) => {
    const startMs = performance.now()
    try {
      expect(read(text, ociManifest).mediaType).toBe(ociManifest)
    } catch (error) {
      expect(
        refusalOf(() => {
          throw error
        }),
      ).toBe('MANIFEST_INVALID')
    }
    expect(performance.now() - startMs).toBeLessThan(5000)
  })

  test('with an annotation of a megabyte pass: the bytes are the client’s own (S35)', () => {
    expect(read({ ...image, annotations: { note: 'x'.repeat(1_000_000) } }).annotations?.['note']).toHaveLength(
      1_000_000,
    )
  })

  test.each([
    ['mediaType', { mediaType: 'x'.repeat(1_000_000) }],
    ['annotations', { annotations: { ['x'.repeat(1_000_000)]: 1 } }],
    ['layers', { layers: [{ ...layer, digest: 'x'.repeat(1_000_000) }] }],
  ])('are refused in a sentence, not with what they sent: %s', (_, changes) => {
    const { message, detail } = refusal(() => read({ ...image, ...changes }))
    expect(message.length + JSON.stringify(detail ?? '').length).toBeLessThan(1000)
  })
})

test('a manifest may be 4 MiB long, as with every other registry', () => {
  expect(MAX_MANIFEST_BYTES).toBe(4_194_304)
})
