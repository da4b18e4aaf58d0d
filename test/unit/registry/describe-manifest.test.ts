import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import { parseManifest } from '../../../oci/manifest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import type { Caller } from '../../../server/access/caller.ts'
import type { ManifestDescription } from '../../../storage/metadata/manifests.ts'
import { digestOf } from '../../contract/blob-store-content.ts'
import { APP, type OpenRegistry, OTHER, openRegistry } from './open-registry.ts'

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'

let registry: OpenRegistry
let alice: Caller

beforeEach(async () => {
  registry = await openRegistry()
  alice = await registry.createCaller('alice')
})

afterEach(() => registry.close())

/** Describes a manifest for `alice/app`. */
async function describeFields(fields: object): Promise<ManifestDescription> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, ...fields }))
  return registry.describeManifest(await registry.findRepository(APP), parseManifest(bytes, undefined))
}

function describeImage(config: { digest: Digest; size: number; mediaType?: string }, more: object = {}) {
  const descriptor = { mediaType: OCI_CONFIG, ...config }
  return describeFields({ mediaType: MEDIA_TYPES.ociManifest, config: descriptor, layers: [], ...more })
}

async function pushConfig(value: unknown, repository = APP) {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return { digest: await registry.pushBlob(bytes, alice, repository), size: bytes.length }
}

describe('an image', () => {
  test('is described by its configuration; its annotations win over labels', async () => {
    const config = await pushConfig({
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      config: { Labels: { team: 'web', license: 'MIT' } },
    })
    const expected = { kind: 'image', platforms: ['linux/arm64/v8'], labels: { team: 'ops', license: 'MIT' } }
    expect(await describeImage(config, { annotations: { team: 'ops' } })).toEqual(expected)
    const mediaType = 'application/vnd.docker.container.image.v1+json'
    expect(await describeImage({ ...config, mediaType }, { mediaType: MEDIA_TYPES.dockerManifest })).toEqual({
      ...expected,
      labels: { team: 'web', license: 'MIT' },
    })
  })

  test('is described by what is there, when its configuration is not: not there, elsewhere only, odd, or too large', async () => {
    const nothing = { kind: 'image', platforms: [], labels: { a: 'x' } }
    const annotations = { a: 'x' }
    const absent = { digest: digestOf(Buffer.from('absent')), size: 6 }
    const config = { os: 'linux', architecture: 'amd64' }
    const elsewhere = await pushConfig(config, OTHER)
    for (const each of [absent, elsewhere]) expect(await describeImage(each, { annotations })).toEqual(nothing)
    for (const odd of ['', '[]', 'no JSON', { ...config, filler: 'x'.repeat(300_000) }, { os: 1 }]) {
      expect(await describeImage(await pushConfig(odd), { annotations })).toEqual(nothing)
    }
  })

  test('of buildkit’s attestations runs nowhere', async () => {
    const config = await pushConfig({ os: 'unknown', architecture: 'unknown' })
    expect(await describeImage(config)).toMatchObject({ platforms: [] })
  })

  test('keeps a bounded part of its labels, of any name', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, each) => [`label-${each}`, 'x']))
    expect(Object.keys((await describeImage(await pushConfig({ config: { Labels: many } }))).labels)).toHaveLength(100)
    const large = Object.fromEntries(Array.from({ length: 100 }, (_, each) => [`label-${each}`, 'x'.repeat(1000)]))
    const { labels } = await describeImage(await pushConfig({ config: { Labels: large } }))
    expect(JSON.stringify(labels).length).toBeLessThan(40_000)
    const long = { ['k'.repeat(201)]: 'x', long: 'x'.repeat(1001), short: 'y', ['__proto__']: 'z' }
    const kept = await describeImage(await pushConfig(`{"config":{"Labels":${JSON.stringify(long)}}}`))
    expect(Object.entries(kept.labels).sort()).toEqual([
      ['__proto__', 'z'],
      ['short', 'y'],
    ])
  })
})

test('an index is described by its descriptors, each platform once', async () => {
  const child = (platform: unknown) => ({
    mediaType: MEDIA_TYPES.ociManifest,
    digest: digestOf(Buffer.from('child')),
    size: 1,
    platform,
  })
  const manifests = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
    { os: 'linux', architecture: 'amd64' },
    { os: 'unknown', architecture: 'unknown' },
    { os: 'linux' },
    undefined,
    'linux/amd64',
  ].map(child)
  const annotations = { 'org.opencontainers.image.title': 'app' }
  expect(await describeFields({ mediaType: MEDIA_TYPES.ociIndex, manifests, annotations })).toEqual({
    kind: 'image',
    platforms: ['linux/amd64', 'linux/arm/v7'],
    labels: annotations,
  })
})

test('a chart is described without its configuration', async () => {
  const mediaType = 'application/vnd.cncf.helm.config.v1+json'
  const config = { ...(await pushConfig({ os: 'linux', architecture: 'amd64' })), mediaType }
  expect(await describeImage(config)).toEqual({ kind: 'helm', platforms: [], labels: {} })
})
