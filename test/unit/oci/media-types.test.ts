import { expect, test } from 'vitest'
import { isManifestMediaType, isNonDistributable, MEDIA_TYPES, manifestKindOf } from '../../../oci/media-types.ts'

test.each([
  ['application/vnd.oci.image.manifest.v1+json', 'image'],
  ['application/vnd.docker.distribution.manifest.v2+json', 'image'],
  ['application/vnd.oci.image.index.v1+json', 'index'],
  ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
])('%s is the media type of an %s', (text, kind) => {
  expect(isManifestMediaType(text) && manifestKindOf(text)).toBe(kind)
})

test('there are no others', () => {
  expect(Object.values(MEDIA_TYPES)).toHaveLength(4)
})

test.each([
  '',
  'application/json',
  'application/octet-stream',
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.oci.artifact.manifest.v1+json',
  'application/vnd.oci.image.manifest.v1+json; charset=utf-8',
  'Application/vnd.oci.image.manifest.v1+json',
  '__proto__',
  'constructor',
])('"%s" is no manifest that is stored', (text) => {
  expect(isManifestMediaType(text)).toBe(false)
})

test.each([
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', true],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar', true],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', true],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', false],
  ['application/vnd.oci.image.layer.v1.tar+gzip', false],
  ['', false],
])('whether layers of type "%s" are fetched from elsewhere: %s', (mediaType, isElsewhere) => {
  expect(isNonDistributable(mediaType)).toBe(isElsewhere)
})
