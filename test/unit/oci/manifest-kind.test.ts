import { expect, test } from 'vitest'
import { parseManifest } from '../../../oci/manifest.ts'
import { kindOfManifest } from '../../../oci/manifest-kind.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { digestOf } from '../../contract/metadata/sample-content.ts'

const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json'
const TAR = 'application/vnd.oci.image.layer.v1.tar+gzip'

function descriptor(mediaType: string, more: object = {}) {
  return { mediaType, digest: digestOf(mediaType), size: 1, ...more }
}

function kindOf(fields: { config: string; layers?: string[]; artifactType?: string; annotations?: object }) {
  const { config, layers = [], ...more } = fields
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: descriptor(config),
    layers: layers.map((layer) => descriptor(layer)),
    ...more,
  }
  return kindOfManifest(parseManifest(Buffer.from(JSON.stringify(manifest)), undefined))
}

function kindOfIndex(manifests: object[], more: object = {}) {
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests, ...more }
  return kindOfManifest(parseManifest(Buffer.from(JSON.stringify(index)), undefined))
}

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const predicate = (type: string) => ({ 'dev.sigstore.bundle.predicateType': type })

test.each([
  ['an image', { config: OCI_CONFIG, layers: [TAR] }, 'image'],
  ['an image of docker', { config: 'application/vnd.docker.container.image.v1+json', layers: [TAR] }, 'image'],
  ['an image without layers', { config: OCI_CONFIG }, 'image'],
  ['a chart', { config: 'application/vnd.cncf.helm.config.v1+json', layers: ['application/x'] }, 'helm'],
  ['a wasm module', { config: 'application/vnd.wasm.config.v0+json', layers: ['application/wasm'] }, 'wasm'],
  ['a wasm module of old', { config: OCI_CONFIG, layers: ['application/vnd.wasm.content.layer.v1+wasm'] }, 'wasm'],
  [
    'a tag .sig of cosign',
    { config: OCI_CONFIG, layers: ['application/vnd.dev.cosign.simplesigning.v1+json'] },
    'signature',
  ],
  ['a signature of notation', { config: 'application/vnd.cncf.notary.signature', layers: ['a/b'] }, 'signature'],
  ['a bundle', { config: EMPTY_CONFIG, artifactType: BUNDLE }, 'signature'],
  [
    'a bundle that is a mere signature',
    { config: EMPTY_CONFIG, artifactType: BUNDLE, annotations: predicate('https://sigstore.dev/cosign/sign/v1') },
    'signature',
  ],
  [
    'a bundle that attests provenance',
    { config: EMPTY_CONFIG, artifactType: BUNDLE, annotations: predicate('https://slsa.dev/provenance/v1') },
    'attestation',
  ],
  [
    'a bundle that attests an SBOM',
    { config: EMPTY_CONFIG, artifactType: BUNDLE, annotations: predicate('https://spdx.dev/Document') },
    'sbom',
  ],
  ['SPDX', { config: EMPTY_CONFIG, artifactType: 'application/spdx+json' }, 'sbom'],
  ['SPDX as text', { config: OCI_CONFIG, layers: ['text/spdx'] }, 'sbom'],
  ['CycloneDX', { config: EMPTY_CONFIG, artifactType: 'application/vnd.cyclonedx+json' }, 'sbom'],
  ['syft’s', { config: EMPTY_CONFIG, artifactType: 'application/vnd.syft+json' }, 'sbom'],
  ['in-toto', { config: EMPTY_CONFIG, artifactType: 'application/vnd.in-toto+json' }, 'attestation'],
  ['a tag .att of cosign', { config: OCI_CONFIG, layers: ['application/vnd.dsse.envelope.v1+json'] }, 'attestation'],
  [
    'an attestation of buildkit',
    { config: OCI_CONFIG, layers: ['application/vnd.in-toto+json', 'application/vnd.in-toto+json'] },
    'attestation',
  ],
  ['an image with one odd layer', { config: OCI_CONFIG, layers: [TAR, 'application/vnd.in-toto+json'] }, 'image'],
  ['anything else', { config: EMPTY_CONFIG, artifactType: 'application/vnd.acme.thing' }, 'artifact'],
  ['a name that only sounds like it', { config: 'application/vnd.helm-like', layers: ['x/wasmer'] }, 'artifact'],
] as const)('%s is known for what it is', (_, fields, kind) => {
  const { layers, ...more } = { layers: [], ...fields }
  expect(kindOf({ ...more, layers: [...layers] })).toBe(kind)
})

test('an index is what its children are', () => {
  const image = descriptor(MEDIA_TYPES.ociManifest, { platform: { os: 'linux', architecture: 'amd64' } })
  const attestation = descriptor(MEDIA_TYPES.ociManifest, {
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  })
  const sbom = descriptor(MEDIA_TYPES.ociManifest, { artifactType: 'application/spdx+json' })
  expect(kindOfIndex([image, attestation])).toBe('image')
  expect(kindOfIndex([descriptor(MEDIA_TYPES.ociIndex), sbom])).toBe('image')
  expect(kindOfIndex([sbom, sbom])).toBe('sbom')
  expect(kindOfIndex([sbom, attestation])).toBe('artifact')
  expect(kindOfIndex([image], { artifactType: 'application/vnd.cncf.notary.signature' })).toBe('signature')
  expect(kindOfIndex([])).toBe('artifact')
  // What buildkit writes for a cache.
  expect(kindOfIndex([descriptor(TAR), descriptor('application/vnd.buildkit.cacheconfig.v0')])).toBe('artifact')
})
