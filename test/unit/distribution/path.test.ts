import { describe, expect, test } from 'vitest'
import { parsePath } from '../../../server/distribution/path.ts'

const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test.each(['/v2', '/v2/'])('%s is the base', (path) => {
  expect(parsePath(path)).toEqual({ kind: 'base' })
})

test('/v2/_catalog is the catalog', () => {
  expect(parsePath('/v2/_catalog')).toEqual({ kind: 'catalog' })
})

test.each([
  ['/v2/acme/app/tags/list', { kind: 'tags', name: 'acme/app' }],
  ['/v2/nginx/tags/list', { kind: 'tags', name: 'nginx' }],
  ['/v2/acme/app/manifests/latest', { kind: 'manifest', name: 'acme/app', reference: 'latest' }],
  [`/v2/acme/app/manifests/sha256:${HEX}`, { kind: 'manifest', name: 'acme/app', reference: `sha256:${HEX}` }],
  [`/v2/acme/app/manifests/sha256%3A${HEX}`, { kind: 'manifest', name: 'acme/app', reference: `sha256:${HEX}` }],
  [`/v2/acme/app/blobs/sha256:${HEX}`, { kind: 'blob', name: 'acme/app', digest: `sha256:${HEX}` }],
  [`/v2/acme/app/blobs/sha256%3a${HEX}`, { kind: 'blob', name: 'acme/app', digest: `sha256:${HEX}` }],
  ['/v2/acme/app/blobs/uploads', { kind: 'uploads', name: 'acme/app' }],
  ['/v2/acme/app/blobs/uploads/', { kind: 'uploads', name: 'acme/app' }],
  ['/v2/acme/app/blobs/uploads/abc-_1', { kind: 'upload', name: 'acme/app', id: 'abc-_1' }],
  [`/v2/acme/app/referrers/sha256:${HEX}`, { kind: 'referrers', name: 'acme/app', digest: `sha256:${HEX}` }],
])('%s is read', (path, expected) => {
  expect(parsePath(path)).toEqual(expected)
})

describe('a repository may be called as the parts of paths are (NODE-5)', () => {
  test.each([
    ['/v2/a/manifests/b/manifests/x', { kind: 'manifest', name: 'a/manifests/b', reference: 'x' }],
    [
      '/v2/manifests/manifests/manifests/manifests',
      { kind: 'manifest', name: 'manifests/manifests', reference: 'manifests' },
    ],
    ['/v2/blobs/uploads/manifests/uploads', { kind: 'manifest', name: 'blobs/uploads', reference: 'uploads' }],
    ['/v2/tags/list/tags/list', { kind: 'tags', name: 'tags/list' }],
    ['/v2/blobs/uploads/blobs/uploads/', { kind: 'uploads', name: 'blobs/uploads' }],
    ['/v2/blobs/uploads/blobs/uploads/blobs', { kind: 'upload', name: 'blobs/uploads', id: 'blobs' }],
    ['/v2/a/tags/manifests/list', { kind: 'manifest', name: 'a/tags', reference: 'list' }],
    ['/v2/v2/v2/tags/list', { kind: 'tags', name: 'v2/v2' }],
  ])('%s', (path, expected) => {
    expect(parsePath(path)).toEqual(expected)
  })
})

describe('what leads nowhere is nothing (S30, S31)', () => {
  test.each([
    '',
    '/',
    'v2/',
    '/v1/search',
    '/V2/',
    '/v2x/acme/app/tags/list',
    '/v2/acme',
    '/v2/acme/app',
    '/v2/acme/app/',
    '/v2/acme/app/tags',
    '/v2/acme/app/tags/list/',
    '/v2/acme/app/tags/all',
    '/v2/acme/app/manifests',
    '/v2/_catalog/',
    '/v2//_catalog',
    '/v2/%5Fcatalog',
    '/v2/_CATALOG',
    '/v2/_catalog;x',
    '/v2/tags/list',
    '/v2/manifests/latest',
    '/v2/blobs/uploads/',
    '/v2/acme/app/manifests/%',
    '/v2/acme/app/manifests/%zz',
    '/v2/acme/app/manifests/%c0%ae',
    '/v2/acme/app%2Fmanifests%2Flatest',
  ])('%s', (path) => {
    expect(parsePath(path)).toBeUndefined()
  })
})

test.each([
  ['/v2//tags/list', ''],
  ['/v2/../../etc/tags/list', '../../etc'],
  ['/v2/acme/%2e%2e/tags/list', 'acme/%2e%2e'],
  ['/v2/acme//app/tags/list', 'acme//app'],
  ['/v2/acme%2Fapp/tags/list', 'acme%2Fapp'],
  ['/v2/acme/..;/tags/list', 'acme/..;'],
])('the name in %s is left as it is, for the grammar to refuse (S31)', (path, name) => {
  expect(parsePath(path)).toEqual({ kind: 'tags', name })
})

test('what is decoded is decoded once', () => {
  expect(parsePath('/v2/acme/app/manifests/%252e%252e')).toMatchObject({ reference: '%2e%2e' })
  expect(parsePath('/v2/acme/app/manifests/..%2F..%2Fetc')).toMatchObject({ reference: '../../etc' })
  expect(parsePath('/v2/acme/app/blobs/uploads/%00')).toMatchObject({ id: '\0' })
})
