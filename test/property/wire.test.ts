import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN, basic, openTestServer, pushImage, type TestServer } from '../support/server.ts'
import { checkAsync } from './check.ts'
import { anyText, digestTexts, repositoryNames, tagNames } from './grammar.ts'
import { percentEncoded } from './percent-encoded.ts'

let server: TestServer
let digest: string
let manifest: string

beforeAll(async () => {
  server = await openTestServer()
  const image = await pushImage(server.admin, 'acme/web', { tag: 'v1' })
  digest = image.digest
  manifest = image.manifest
})
afterAll(() => server.close())

/** Parts of a path, of which some are not what they should be at all. */
const anySegment = fc.oneof(anyText.map(percentEncoded), fc.constantFrom('%', '%zz', '%ff', '%C3', '%2', '%00'))

/** Stands for what is known only once something was pushed. */
const [DIGEST, MANIFEST] = ['DIGEST', 'MANIFEST']

const names = fc.oneof(fc.constantFrom('acme/web', 'acme/web', 'acme/new', 'nginx'), repositoryNames, anySegment)
const digests = fc.oneof(fc.constant(DIGEST), digestTexts, anySegment)
const references = fc.oneof(fc.constantFrom('v1', DIGEST), tagNames, digests)
const uploadId = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{24}$/), anySegment)

const paths = fc.oneof(
  fc.tuple(names, references).map(([name, reference]) => `/v2/${name}/manifests/${reference}`),
  fc.tuple(names, digests).map(([name, text]) => `/v2/${name}/blobs/${text}`),
  fc.tuple(names, digests).map(([name, text]) => `/v2/${name}/referrers/${text}`),
  fc.tuple(names, uploadId).map(([name, id]) => `/v2/${name}/blobs/uploads/${id}`),
  names.map((name) => `/v2/${name}/blobs/uploads/`),
  names.map((name) => `/v2/${name}/tags/list`),
  fc.constantFrom('/v2/', '/v2/_catalog', '/token', '/token', '/v1/search', '/v1/_ping', '/invitation'),
  anySegment.map((text) => `/v2/${text}`),
)

const parameters = fc.array(
  fc.tuple(
    fc.constantFrom(
      'n',
      'last',
      'digest',
      'mount',
      'from',
      'artifactType',
      'tag',
      'scope',
      'service',
      'offline_token',
      'q',
      'token',
    ),
    fc.oneof(
      fc.constantFrom('0', '1', '-1', '1e9', '99999999999999999999', DIGEST, 'acme/web', 'v1', '', 'true'),
      fc.constantFrom('repository:acme/web:pull,push', 'repository:acme/web:*', 'registry:catalog:*', 'a b c'),
      anyText,
    ),
  ),
  { maxLength: 3 },
)

const headers = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom(
      'Range',
      'If-Range',
      'If-None-Match',
      'Accept',
      'Content-Type',
      'Content-Range',
      'Content-Encoding',
      'Origin',
      'Sec-Fetch-Site',
    ),
    fc.oneof(
      fc.constantFrom(
        'bytes=0-0',
        'bytes=0-0,-1',
        'bytes=9-',
        '0-3',
        'bytes 0-3/4',
        '5-2',
        'gzip',
        'identity',
        'null',
        'cross-site',
      ),
      fc.constantFrom(
        'application/vnd.oci.image.manifest.v1+json',
        'application/json; charset=utf-8',
        '*/*',
        'W/"x", *',
        '"',
      ),
      fc.string({ unit: fc.constantFrom(...'ab01-,;=/"\\*() \xff'), maxLength: 40 }).map((text) => text.trim()),
    ),
  ),
  { maxLength: 3, selector: ([name]) => name },
)

const credentials = fc.oneof(
  { weight: 6, arbitrary: fc.constant(basic(ADMIN.username, ADMIN.password)) },
  { weight: 1, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'Basic Og==',
      'Basic',
      'Bearer',
      'Bearer a.b.c',
      'Negotiate x',
      'basic !!',
      'Bearer kontor_pat_x',
    ),
  },
)

const bodies = fc.oneof(
  fc.constantFrom(
    '',
    MANIFEST,
    '{}',
    '[]',
    'null',
    '{"schemaVersion":2}',
    'grant_type=password&username=x&password=y',
    'grant_type=refresh_token&refresh_token=%ff',
  ),
  anyText,
)

test('whatever is asked on the wire is answered or refused in its words: nothing fails', async () => {
  const methods = fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
  const request = fc.record({ method: methods, path: paths, parameters, headers, credentials, body: bodies })
  await checkAsync(
    fc.asyncProperty(
      request,
      async ({ method, path, parameters: asked, headers: sent, credentials: authorization, body }) => {
        const query = asked
          .map(([name, text]) => `${name}=${percentEncoded(text === DIGEST ? digest : text)}`)
          .join('&')
        const response = await fetch(`${server.url}${path.replace(DIGEST, digest)}?${query}`, {
          method,
          headers: [...sent, ...(authorization === undefined ? [] : [['Authorization', authorization]])] as [
            string,
            string,
          ][],
          ...(method !== 'GET' && method !== 'HEAD' && { body: body === MANIFEST ? manifest : body }),
        })
        const text = await response.text()
        expect(response.status, text).toBeLessThan(500)
        // What was there is there again, for the next to find.
        if (method === 'DELETE' && response.ok) await pushImage(server.admin, 'acme/web', { tag: 'v1' })
        if (response.ok || response.status === 304 || method === 'HEAD' || !path.startsWith('/v2/')) return
        expect(JSON.parse(text)).toEqual({
          errors: [expect.objectContaining({ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) })],
        })
        expect(text.length).toBeLessThan(5_000)
        // Exactly one challenge, wherever one is due: clients read the first, proxies join several (TOP-1).
        if (response.status === 401)
          expect(response.headers.get('www-authenticate')).toMatch(
            /^Bearer realm="[^"]+",service="[^"]+"(,\w+="[^"]*")*$/,
          )
      },
    ),
    { numRuns: 250 },
  )
})
