import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseManifest } from '../../oci/manifest.ts'
import { isManifestMediaType, MEDIA_TYPES, manifestKindOf } from '../../oci/media-types.ts'
import { check } from './check.ts'
import { anyText, digestTexts } from './grammar.ts'
import { parsedOr } from './refused-with.ts'

const mediaType = fc.oneof(fc.constantFrom(...Object.values(MEDIA_TYPES)), anyText)
const contentType = fc.option(fc.oneof(mediaType, fc.constant('application/json')), { nil: undefined })

const goodDescriptor = fc.record({ mediaType: anyText, digest: digestTexts, size: fc.maxSafeNat() })

/** What may stand in place of anything: any JSON, the keys of prototypes among its own. */
const anyJson = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'digest'), fc.jsonValue()),
)

const goodManifest = fc.oneof(
  fc.record({
    schemaVersion: fc.constant(2),
    mediaType: fc.constantFrom(MEDIA_TYPES.ociManifest, MEDIA_TYPES.dockerManifest),
    config: goodDescriptor,
    layers: fc.array(goodDescriptor),
  }),
  fc.record({
    schemaVersion: fc.constant(2),
    mediaType: fc.constantFrom(MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerManifestList),
    manifests: fc.array(goodDescriptor),
  }),
)

const field = fc.constantFrom(
  'schemaVersion',
  'mediaType',
  'config',
  'layers',
  'manifests',
  'subject',
  'artifactType',
  'annotations',
  '__proto__',
)

/** What may stand in a field: often what belongs there or nearly so, else anything. */
const fieldValue = fc.oneof(
  mediaType,
  goodDescriptor,
  fc.array(goodDescriptor, { maxLength: 3 }),
  fc.array(fc.oneof(goodDescriptor, anyJson), { maxLength: 3 }),
  fc.dictionary(anyText, anyText),
  anyJson,
)

/** Good manifests of which some fields are others. */
const almostManifest = fc
  .tuple(goodManifest, fc.array(fc.tuple(field, fieldValue), { maxLength: 3 }))
  .map(([manifest, changes]) => ({ ...manifest, ...Object.fromEntries(changes) }))

/** Either a view in which everything is of the kind that its type says, or MANIFEST_INVALID and nothing else. */
function expectViewOrRefusal(bytes: Uint8Array, type: string | undefined): void {
  const outcome = parsedOr(() => parseManifest(bytes, type))
  if ('refused' in outcome) {
    expect(outcome.refused).toBe('MANIFEST_INVALID')
    return
  }
  const view = outcome.parsed
  expect(isManifestMediaType(view.mediaType)).toBe(true)
  const isIndex = manifestKindOf(view.mediaType) === 'index'
  expect(isIndex ? view.layers : view.manifests).toEqual([])
  expect(view.config === undefined).toBe(isIndex)
  for (const each of [view.config, view.subject, ...view.layers, ...view.manifests]) {
    if (each === undefined) continue
    expect(typeof each.mediaType).toBe('string')
    expect(each.digest).toMatch(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/)
    expect(Number.isSafeInteger(each.size) && each.size >= 0).toBe(true)
  }
  expect(['string', 'undefined']).toContain(typeof view.artifactType)
  for (const text of Object.values(view.annotations ?? {})) expect(typeof text).toBe('string')
}

test('any bytes are a manifest or MANIFEST_INVALID, and never anything else', () => {
  check(fc.property(fc.uint8Array({ maxLength: 500 }), contentType, expectViewOrRefusal), { numRuns: 500 })
})

test('any JSON is a manifest or MANIFEST_INVALID, and never anything else', () => {
  check(
    fc.property(anyJson, contentType, (value, type) => {
      expectViewOrRefusal(Buffer.from(JSON.stringify(value)), type)
    }),
    { numRuns: 500 },
  )
})

test('whatever is wrong in something like a manifest is MANIFEST_INVALID, and no prototype is changed (S35)', () => {
  const before = Object.getOwnPropertyNames(Object.prototype)
  check(
    fc.property(almostManifest, contentType, (value, type) => {
      expectViewOrRefusal(Buffer.from(JSON.stringify(value)), type)
    }),
    { numRuns: 2000 },
  )
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
})

test('every good manifest is seen as it is, however its JSON is laid out and whatever else is in it', () => {
  const indents = fc.constantFrom('', ' ', '\t', '\r\n')
  check(
    fc.property(goodManifest, fc.dictionary(anyText, fc.jsonValue()), indents, (manifest, others, indent) => {
      const bytes = Buffer.from(JSON.stringify({ ...withoutKnown(others), ...manifest }, undefined, indent))
      const view = parseManifest(bytes, manifest.mediaType)
      expect(view.mediaType).toBe(manifest.mediaType)
      expect(view.config).toEqual('config' in manifest ? manifest.config : undefined)
      expect(view.layers).toEqual('layers' in manifest ? manifest.layers : [])
      expect(view.manifests).toEqual('manifests' in manifest ? manifest.manifests : [])
    }),
    { numRuns: 500 },
  )
})

test('no manifest has layers and manifests together, and none is of another type than it was sent as (S14)', () => {
  check(
    fc.property(goodManifest, goodManifest, (one, other) => {
      const type = other.mediaType
      const mixed = { ...one, layers: [], manifests: [] }
      expect(parsedOr(() => parseManifest(Buffer.from(JSON.stringify(mixed)), undefined))).toHaveProperty('refused')
      const outcome = parsedOr(() => parseManifest(Buffer.from(JSON.stringify(one)), type))
      expect('parsed' in outcome).toBe(one.mediaType === type)
    }),
  )
})

/** Other fields than those that mean something. */
function withoutKnown(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = [
    'schemaVersion',
    'mediaType',
    'config',
    'layers',
    'manifests',
    'subject',
    'artifactType',
    'annotations',
  ]
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !known.includes(key)))
}

const MIB = 1024 * 1024
const DESCRIPTOR = `{"mediaType":"x","digest":"sha256:${'a'.repeat(64)}","size":1}`

/** A manifest as large as one may be, of which most is one thing over and over. */
function filled(start: string, unit: string, end: string): Buffer {
  const times = Math.floor((4 * MIB - start.length - end.length) / unit.length)
  return Buffer.from(start + unit.repeat(times) + end)
}

test.each([
  ['lists within lists', filled('{"schemaVersion":2,"x":', '[', '')],
  [
    'lists that are closed again',
    Buffer.from(`{"schemaVersion":2,"config":${'['.repeat(2 * MIB)}${']'.repeat(2 * MIB - 40)}}`),
  ],
  ['objects within objects', filled('{"schemaVersion":2,"x":', '{"a":', '')],
  ['layers', filled(`{"schemaVersion":2,"config":${DESCRIPTOR},"layers":[`, `${DESCRIPTOR},`, `${DESCRIPTOR}]}`)],
  ['layers that are none', filled(`{"schemaVersion":2,"config":${DESCRIPTOR},"layers":[`, '0,', '0]}')],
  ['the same key', filled('{"schemaVersion":2,', '"config":0,', `"config":${DESCRIPTOR},"layers":[]}`)],
  ['digits', filled('{"schemaVersion":', '9', '}')],
  ['escapes', filled(`{"schemaVersion":2,"config":${DESCRIPTOR},"layers":[],"artifactType":"`, '\\ud800', '"}')],
])('four megabytes of %s are read or refused within two seconds of work (S35)', (_, bytes) => {
  expect(bytes.length).toBeLessThanOrEqual(4 * MIB)
  const before = process.cpuUsage()
  parsedOr(() => parseManifest(bytes, MEDIA_TYPES.ociManifest))
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000)
})

test('of a key that is there twice the last is meant, as other readers of JSON mean it too', () => {
  const twice = `{"schemaVersion":1,"config":null,"layers":[${DESCRIPTOR}],"schemaVersion":2,"config":${DESCRIPTOR},"layers":[]}`
  const view = parseManifest(Buffer.from(twice), MEDIA_TYPES.ociManifest)
  expect(view.config).toEqual(JSON.parse(DESCRIPTOR))
  expect(view.layers).toEqual([])
})
