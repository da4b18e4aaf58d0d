import { request as httpRequest } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import type { Response } from 'supertest'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  openTestServer,
  pushBlob,
  pushImage,
  putManifest,
  type TestServer,
} from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.close())

describe('pushing a manifest', () => {
  test('answers 201 with its place and digest, and serves the very bytes back', async () => {
    const { admin } = server
    const image = await pushImage(admin, 'acme/app', { content: 'exact bytes' })
    // White space and order are the client's: nothing is written anew.
    const padded = `${image.manifest.slice(0, -1)}\n ,"annotations" : {"z":"1","a":"2"} }`
    const pushed = await putManifest(admin, 'acme/app', 'padded', padded).expect(201)
    expect(pushed.headers['docker-content-digest']).toBe(digestOf(padded))
    expect(pushed.headers['location']).toBe(`/v2/acme/app/manifests/${digestOf(padded)}`)
    expect(pushed.headers['content-length']).toBe('0')
    const pulled = await admin.get('/v2/acme/app/manifests/padded').buffer(true).parse(asText).expect(200)
    expect(pulled.body).toBe(padded)
    expect(pulled.headers['content-type']).toBe(OCI_MANIFEST)
    expect(pulled.headers['content-length']).toBe(String(padded.length))
    expect(pulled.headers['etag']).toBe(`"${digestOf(padded)}"`)
  })

  test('serves the stored bytes whatever Accept says, and to HEAD the same headers without them', async () => {
    const { digest, manifest } = await pushImage(server.admin, 'acme/accept', { tag: 'v1' })
    for (const accept of ['*/*', 'application/json', 'text/html', OCI_INDEX]) {
      const { headers } = await server.admin.get('/v2/acme/accept/manifests/v1').set('Accept', accept).expect(200)
      expect(headers['docker-content-digest']).toBe(digest)
    }
    const head = await server.admin.head(`/v2/acme/accept/manifests/${digest}`).expect(200)
    expect(head.headers['content-length']).toBe(String(manifest.length))
    expect(head.headers['content-type']).toBe(OCI_MANIFEST)
    expect(head.text).toBeUndefined()
  })

  test('is answered with 304 when the client has the content already', async () => {
    const { digest } = await pushImage(server.admin, 'acme/cached', { tag: 'v1' })
    for (const validator of [digest, `"${digest}"`, `"sha256:0", "${digest}"`]) {
      await server.admin.get('/v2/acme/cached/manifests/v1').set('If-None-Match', validator).expect(304)
    }
    await server.admin.get('/v2/acme/cached/manifests/v1').set('If-None-Match', '"other"').expect(200)
  })

  test('is refused, and nothing is stored, while a layer is missing; the answer names each missing digest', async () => {
    const config = await pushBlob(server.admin, 'acme/incomplete', '{}')
    const missing = digestOf('never pushed')
    const manifest = imageOf(config, missing)
    const { body } = await putManifest(server.admin, 'acme/incomplete', 'v1', manifest).expect(400)
    expect(body.errors[0]).toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN', detail: [{ digest: missing }] })
    await server.admin.get('/v2/acme/incomplete/manifests/v1').expect(404)
    await server.admin.get(`/v2/acme/incomplete/manifests/${digestOf(manifest)}`).expect(404)
  })

  test('by a digest that the bytes do not have is refused with 400', async () => {
    const { manifest } = await pushImage(server.admin, 'acme/mismatch')
    const { body } = await putManifest(server.admin, 'acme/mismatch', digestOf('else'), manifest).expect(400)
    expect(body.errors[0].code).toBe('DIGEST_INVALID')
    await putManifest(server.admin, 'acme/mismatch', 'sha256:baddigeststring', manifest).expect(400)
  })

  test('S13: over 4 MiB is refused with 413, announced or not', async () => {
    const huge = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, padding: 'x'.repeat(4 * 1024 * 1024) })
    const { body } = await putManifest(server.admin, 'acme/huge', 'v1', huge).expect(413)
    expect(body.errors[0].code).toBe('SIZE_INVALID')
    const status = await sendChunked(server, '/v2/acme/huge/manifests/v1', huge)
    expect(status).toBe(413)
  })

  test('S13: with an encoded body is refused with 415', async () => {
    const response = await server.admin
      .put('/v2/acme/encoded/manifests/v1')
      .set('Content-Type', OCI_MANIFEST)
      .set('Content-Encoding', 'gzip')
      .send('whatever')
      .expect(415)
    expect(response.body.errors[0].code).toBe('UNSUPPORTED')
  })

  test.each([
    ['no JSON', 'not json', OCI_MANIFEST],
    ['a JSON array', '[]', OCI_MANIFEST],
    ['schema 1', '{"schemaVersion":1,"name":"x","tag":"y"}', 'application/vnd.docker.distribution.manifest.v1+json'],
    ['S14: layers and manifests at once', '{"schemaVersion":2,"layers":[],"manifests":[]}', OCI_INDEX],
    ['S14: a mediaType other than its Content-Type', `{"schemaVersion":2,"mediaType":"${OCI_INDEX}"}`, OCI_MANIFEST],
    ['an unknown type', '{"schemaVersion":2}', 'text/plain'],
  ])('of %s is refused with MANIFEST_INVALID', async (_what, manifest, type) => {
    const { body } = await putManifest(server.admin, 'acme/invalid', 'v1', manifest, type).expect(400)
    expect(body.errors[0].code).toBe('MANIFEST_INVALID')
    expect(body.errors[0].message.length).toBeGreaterThan(20)
  })

  test('without a type, or as application/json, is stored as what it is', async () => {
    const { config, layer } = await pushImage(server.admin, 'acme/untyped')
    const manifest = imageOf(config, layer)
    await putManifest(server.admin, 'acme/untyped', 'v1', manifest, 'application/json').expect(201)
    const { headers } = await server.admin.get('/v2/acme/untyped/manifests/v1').expect(200)
    expect(headers['content-type']).toBe(OCI_MANIFEST)
  })

  test('by digest with ?tag= sets every tag, and says so', async () => {
    const { digest, manifest } = await pushImage(server.admin, 'acme/tagged')
    const { headers } = await server.admin
      .put(`/v2/acme/tagged/manifests/${digest}`)
      .query({ tag: ['a', 'b', 'c'] })
      .set('Content-Type', OCI_MANIFEST)
      .send(manifest)
      .expect(201)
    expect(headers['oci-tag']).toBe('a, b, c')
    const { body } = await server.admin.get('/v2/acme/tagged/tags/list').expect(200)
    expect(body).toEqual({ name: 'acme/tagged', tags: ['a', 'b', 'c'] })
    const tooMany = Array.from({ length: 65 }, (_, index) => `t${index}`)
    await server.admin.put(`/v2/acme/tagged/manifests/${digest}`).query({ tag: tooMany }).send(manifest).expect(414)
    await server.admin.put(`/v2/acme/tagged/manifests/${digest}`).query({ tag: '../x' }).send(manifest).expect(400)
  })

  test('of sha512 is found by that digest and by its tag', async () => {
    const { manifest } = await pushImage(server.admin, 'acme/sha512')
    const digest = digestOf(manifest, 'sha512')
    await server.admin
      .put(`/v2/acme/sha512/manifests/${digest}?tag=long`)
      .set('Content-Type', OCI_MANIFEST)
      .send(manifest)
      .expect(201)
    const { headers } = await server.admin.get('/v2/acme/sha512/manifests/long').expect(200)
    expect(headers['docker-content-digest']).toBe(digest)
  })

  test('that is an index may name children that are not here, with a warning, and buildkit cache layers', async () => {
    const { layer } = await pushImage(server.admin, 'acme/index')
    const descriptor = (digest: string) => ({ mediaType: OCI_MANIFEST, digest, size: 1 })
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [descriptor(layer), descriptor(digestOf('elsewhere'))],
    })
    const { headers } = await putManifest(server.admin, 'acme/index', 'v1', index, OCI_INDEX).expect(201)
    expect(headers['warning']).toMatch(/^299 - "this index names 1 manifest/)
  })

  test('S15: never needs the layers that are fetched from elsewhere, nor asks for them there', async () => {
    let asked = 0
    const elsewhere = createServer(() => {
      asked += 1
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void elsewhere.close())
    const { port } = elsewhere.address() as AddressInfo
    const config = await pushBlob(server.admin, 'acme/foreign', '{}')
    const manifest = JSON.stringify({
      ...JSON.parse(imageOf(config, digestOf('unused'))),
      layers: [
        { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar', digest: digestOf('n'), size: 1 },
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          digest: digestOf('u'),
          size: 1,
          urls: [`http://127.0.0.1:${port}/u`],
        },
      ],
    })
    await putManifest(server.admin, 'acme/foreign', 'v1', manifest).expect(201)
    await server.admin.get('/v2/acme/foreign/manifests/v1').expect(200)
    await server.admin.get(`/v2/acme/foreign/blobs/${digestOf('u')}`).expect(404)
    expect(asked).toBe(0)
  })
})

describe('strict indexes', () => {
  test('with sparse indexes switched off, a missing child refuses the index', async () => {
    const strict = await openTestServer({ settings: { manifests: { allowSparseIndexes: false } } })
    try {
      const child = { mediaType: OCI_MANIFEST, digest: digestOf('elsewhere'), size: 1 }
      const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] })
      const { body } = await putManifest(strict.admin, 'acme/index', 'v1', index, OCI_INDEX).expect(400)
      expect(body.errors[0].code).toBe('MANIFEST_BLOB_UNKNOWN')
    } finally {
      await strict.close()
    }
  })
})

describe('moving and deleting', () => {
  test('a retagged manifest stays pullable by its digest', async () => {
    const first = await pushImage(server.admin, 'acme/moved', { tag: 'latest', content: 'one' })
    const second = await pushImage(server.admin, 'acme/moved', { tag: 'latest', content: 'two' })
    const { headers } = await server.admin.get('/v2/acme/moved/manifests/latest').expect(200)
    expect(headers['docker-content-digest']).toBe(second.digest)
    await server.admin.get(`/v2/acme/moved/manifests/${first.digest}`).expect(200)
  })

  test('deleting a tag leaves the manifest and its other tags', async () => {
    const { digest, manifest } = await pushImage(server.admin, 'acme/untag', { tag: 'a' })
    await putManifest(server.admin, 'acme/untag', 'b', manifest).expect(201)
    await server.admin.delete('/v2/acme/untag/manifests/a').expect(202)
    await server.admin.get('/v2/acme/untag/manifests/a').expect(404)
    await server.admin.get('/v2/acme/untag/manifests/b').expect(200)
    await server.admin.get(`/v2/acme/untag/manifests/${digest}`).expect(200)
    await server.admin.delete('/v2/acme/untag/manifests/a').expect(404)
  })

  test('deleting by digest takes all tags with it, and a push brings it back', async () => {
    const { digest, manifest } = await pushImage(server.admin, 'acme/gone', { tag: 'a' })
    await server.admin.delete(`/v2/acme/gone/manifests/${digest}`).expect(202)
    await server.admin.get('/v2/acme/gone/manifests/a').expect(404)
    await server.admin.head(`/v2/acme/gone/manifests/${digest}`).expect(404)
    const { body } = await server.admin.get('/v2/acme/gone/tags/list').expect(200)
    expect(body.tags).toEqual([])
    await putManifest(server.admin, 'acme/gone', 'a', manifest).expect(201)
    await server.admin.get('/v2/acme/gone/manifests/a').expect(200)
  })

  test('a blob cannot be deleted while a manifest needs it', async () => {
    const { digest, layer } = await pushImage(server.admin, 'acme/needed', { tag: 'v1' })
    const { body } = await server.admin.delete(`/v2/acme/needed/blobs/${layer}`).expect(405)
    expect(body.errors[0].message).toContain(digest)
    await server.admin.delete(`/v2/acme/needed/manifests/${digest}`).expect(202)
    await server.admin.delete(`/v2/acme/needed/blobs/${layer}`).expect(202)
    await server.admin.head(`/v2/acme/needed/blobs/${layer}`).expect(404)
  })
})

describe('referrers', () => {
  test('are listed with type, size and annotations, filtered by artifact type, before their subject exists', async () => {
    const subject = await pushImage(server.admin, 'acme/signed', { tag: 'v1' })
    const refer = (artifactType: string | undefined, note: string) =>
      pushImage(server.admin, 'acme/signed', {
        content: note,
        fields: {
          subject: { mediaType: OCI_MANIFEST, digest: subject.digest, size: subject.manifest.length },
          annotations: { note },
          ...(artifactType && { artifactType }),
        },
      })
    const signature = await refer('application/vnd.example.signature', 'sig')
    const sbom = await refer(undefined, 'sbom')
    const url = `/v2/acme/signed/referrers/${subject.digest}`
    const { headers, body } = await server.admin.get(url).buffer(true).parse(asText).expect(200)
    expect(headers['content-type']).toBe(OCI_INDEX)
    const index = JSON.parse(body)
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: OCI_INDEX })
    const byDigest = new Map(index.manifests.map((entry: { digest: string }) => [entry.digest, entry]))
    expect(byDigest.get(signature.digest)).toEqual({
      mediaType: OCI_MANIFEST,
      digest: signature.digest,
      size: signature.manifest.length,
      artifactType: 'application/vnd.example.signature',
      annotations: { note: 'sig' },
    })
    expect(byDigest.get(sbom.digest)).toMatchObject({ artifactType: 'application/vnd.oci.image.config.v1+json' })
    const filtered = await server.admin
      .get(url)
      .query({ artifactType: ['application/vnd.example.signature', 'application/x'] })
      .buffer(true)
      .parse(asText)
      .expect(200)
    expect(filtered.headers['oci-filters-applied']).toBe('artifactType')
    expect(JSON.parse(filtered.body).manifests).toHaveLength(1)
  })

  test('of nothing, in an absent repository, are an empty index; of a bad digest, 400', async () => {
    const { headers } = await server.admin.get(`/v2/acme/absent/referrers/${digestOf('x')}`).expect(200)
    expect(headers['content-type']).toBe(OCI_INDEX)
    await server.admin.get('/v2/acme/absent/referrers/sha256:x').expect(400)
  })

  test('a push with a subject is acknowledged with OCI-Subject', async () => {
    const { config, layer } = await pushImage(server.admin, 'acme/subject')
    const subject = { mediaType: OCI_MANIFEST, digest: digestOf('not there yet'), size: 3 }
    const manifest = JSON.stringify({ ...JSON.parse(imageOf(config, layer)), subject })
    const { headers } = await putManifest(server.admin, 'acme/subject', 'v1', manifest).expect(201)
    expect(headers['oci-subject']).toBe(subject.digest)
  })
})

function imageOf(config: string, layer: string): string {
  return JSON.stringify({
    schemaVersion: 2,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 2 },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: layer, size: 7 }],
  })
}

function asText(response: Response, done: (error: Error | null, text: string) => void): void {
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  response.on('end', () => done(null, Buffer.concat(chunks).toString()))
}

/** Sends a body without announcing its length. */
function sendChunked({ url }: TestServer, path: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const authorization = `Basic ${Buffer.from('admin:correct horse battery').toString('base64')}`
    const request = httpRequest(url + path, { method: 'PUT', headers: { 'content-type': OCI_MANIFEST, authorization } })
    request.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', reject)
    request.end(body)
  })
}
