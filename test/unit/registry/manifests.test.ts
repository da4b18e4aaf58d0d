import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { parseReference, parseTag } from '../../../oci/reference.ts'
import type { Caller } from '../../../server/access/caller.ts'
import { bytesOf, digestOf } from '../../contract/blob-store-content.ts'
import { readTrail } from '../../contract/metadata/audit-log.ts'
import { APP, NOBODY, type OpenRegistry, OTHER, openRegistry } from './open-registry.ts'
import { refusalOf } from './refusal-of.ts'

const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const ABSENT = digestOf(bytesOf(77, 77))

let registry: OpenRegistry
let alice: Caller
let config: { mediaType: string; digest: Digest; size: number }
let layer: typeof config

beforeEach(async () => {
  registry = await openRegistry()
  alice = await registry.createCaller('alice')
  config = { mediaType: CONFIG_TYPE, digest: await registry.pushBlob(Buffer.from('{}'), alice), size: 2 }
  const mediaType = 'application/vnd.oci.image.layer.v1.tar'
  layer = { mediaType, digest: await registry.pushBlob(bytesOf(10), alice), size: 10 }
})

afterEach(() => registry.close())

/** The bytes of an image manifest, changed as the test needs it. */
function image(changes: object = {}): Buffer {
  return Buffer.from(
    JSON.stringify(
      { schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: [layer], ...changes },
      undefined,
      1,
    ),
  )
}

function index(...children: Digest[]): Buffer {
  const manifests = children.map((digest) => ({ mediaType: MEDIA_TYPES.ociManifest, digest, size: 100 }))
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests }))
}

function push(bytes: Uint8Array, reference = 'latest', tags: string[] = [], strictly = false) {
  const request = { repository: APP, reference: parseReference(reference), tags: tags.map(parseTag), bytes }
  const push = strictly ? registry.pushManifestStrictly : registry.pushManifest
  return push({ ...request, contentType: undefined }, alice)
}

async function pull(reference: string, name = APP) {
  return registry.pullManifest(await registry.findRepository(name), parseReference(reference))
}

describe('pushing', () => {
  test('by tag stores exactly the bytes, under their sha256', async () => {
    const bytes = image()
    expect(await push(bytes)).toEqual({ digest: digestOf(bytes), subject: undefined, tags: ['latest'], warnings: [] })
    for (const reference of ['latest', digestOf(bytes)]) {
      const manifest = await pull(reference)
      expect(manifest).toMatchObject({ digest: digestOf(bytes), mediaType: MEDIA_TYPES.ociManifest })
      expect(Buffer.from(manifest.bytes).equals(bytes)).toBe(true)
    }
  })

  test('by digest needs the digest to be that of the bytes (MAN-1)', async () => {
    const refusal = await refusalOf(push(image(), ABSENT))
    expect(refusal).toMatchObject({ code: 'DIGEST_INVALID', status: 400 })
    expect(refusal.detail).toEqual({ expected: ABSENT, actual: digestOf(image()) })
    expect((await refusalOf(pull(digestOf(image())))).code).toBe('MANIFEST_UNKNOWN')
  })

  test.each(['sha256', 'sha512'] as const)('by %s may bring several tags (MAN-10)', async (algorithm) => {
    const digest = digestOf(image(), algorithm)
    expect(await push(image(), digest, ['1', '1.0', 'latest'])).toMatchObject({ digest, tags: ['1', '1.0', 'latest'] })
    for (const tag of ['1', '1.0', 'latest']) expect(await pull(tag)).toMatchObject({ digest })
  })

  test('says which subject it refers to, though that is not there (MAN-9)', async () => {
    const subject = { mediaType: MEDIA_TYPES.ociManifest, digest: ABSENT, size: 7 }
    expect(await push(image({ subject }))).toMatchObject({ subject: ABSENT })
  })

  test('what is no manifest is refused before anything is looked up', async () => {
    expect((await refusalOf(push(Buffer.from('hello')))).code).toBe('MANIFEST_INVALID')
    expect((await refusalOf(push(image({ config: { ...config, digest: 'latest' } })))).code).toBe('MANIFEST_INVALID')
  })

  test.each([
    ['a layer', () => image({ layers: [layer, { ...layer, digest: ABSENT }] })],
    ['the config', () => image({ config: { ...config, digest: ABSENT } })],
  ])('without %s that it needs is refused, each missing thing once (MAN-5)', async (_, bytes) => {
    const refusal = await refusalOf(push(bytes()))
    expect(refusal).toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN', status: 400, detail: [{ digest: ABSENT }] })
    expect(refusal.message).toContain(ABSENT)
    expect((await refusalOf(pull('latest'))).code).toBe('MANIFEST_UNKNOWN')
  })

  test('needs the layers in the same repository, wherever else they are', async () => {
    await registry.pushBlob(bytesOf(50), alice, OTHER)
    const elsewhere = { ...layer, digest: digestOf(bytesOf(50)) }
    expect((await refusalOf(push(image({ layers: [elsewhere] })))).code).toBe('MANIFEST_BLOB_UNKNOWN')
  })

  test.each([
    ['has URLs', { urls: ['https://example.org/layer'] }],
    [
      'is of a type that is not distributed',
      { mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' },
    ],
  ])('does not need a layer that %s (Windows base images, S15)', async (_, changes) => {
    await expect(push(image({ layers: [layer, { ...layer, digest: ABSENT, ...changes }] }))).resolves.toBeDefined()
  })

  test('needs a layer whose list of URLs is empty', async () => {
    const attempt = push(image({ layers: [{ ...layer, digest: ABSENT, urls: [] }] }))
    expect((await refusalOf(attempt)).code).toBe('MANIFEST_BLOB_UNKNOWN')
  })
})

describe('pushing an index', () => {
  test('whose children are there says nothing more', async () => {
    const { digest } = await push(image())
    expect(await push(index(digest))).toMatchObject({ warnings: [] })
  })

  test('may have blobs for children, as the cache of buildkit does (MAN-6)', async () => {
    await expect(push(index(layer.digest, config.digest), 'cache', [], true)).resolves.toMatchObject({ warnings: [] })
  })

  test('without some of its children is taken with a warning, or refused, as the administrator wants (MAN-7)', async () => {
    const { digest } = await push(image())
    const { warnings } = await push(index(digest, ABSENT), 'sparse')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(ABSENT)
    expect(await refusalOf(push(index(digest, ABSENT), 'strict', [], true))).toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
      detail: [{ digest: ABSENT }],
    })
  })

  test('that lacks thousands is refused in one sentence, which leaves the list to the details', async () => {
    const absent = Array.from({ length: 5000 }, (_, child) => digestOf(Buffer.from(`child ${child}`)))
    const refusal = await refusalOf(push(index(...absent), 'strict', [], true))
    expect(refusal.detail).toHaveLength(5000)
    expect(refusal.message.length).toBeLessThan(1000)
  })

  test('that lacks thousands warns in one short line that may stand in a header (ERR-3, S36)', async () => {
    const absent = Array.from({ length: 5000 }, (_, child) => digestOf(Buffer.from(`child ${child}`)))
    const { warnings } = await push(index(...absent))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,500}$/)
    expect(warnings[0]).toContain('5000')
  })
})

describe('pulling', () => {
  test.each(['latest', 'absent', ABSENT])('what is not there is MANIFEST_UNKNOWN: %s', async (reference) => {
    for (const name of [APP, OTHER]) {
      const refusal = await refusalOf(pull(reference, name))
      expect(refusal).toMatchObject({ code: 'MANIFEST_UNKNOWN', status: 404, detail: { reference } })
    }
  })

  test('a blob by its digest is not a manifest (PULL-3)', async () => {
    expect((await refusalOf(pull(layer.digest))).code).toBe('MANIFEST_UNKNOWN')
  })
})

describe('deleting', () => {
  test('a tag leaves the manifest, and its other tags', async () => {
    const { digest } = await push(image(), digestOf(image()), ['1', '2'])
    const repository = await registry.findRepository(APP)
    await registry.deleteContent.manifest(repository, parseReference('1'), alice)
    expect((await refusalOf(pull('1'))).code).toBe('MANIFEST_UNKNOWN')
    expect(await pull('2')).toMatchObject({ digest })
    expect(await pull(digest)).toMatchObject({ digest })
  })

  test('a manifest takes all its tags, and frees its blobs', async () => {
    const { digest } = await push(image(), digestOf(image()), ['1', '2'])
    const repository = await registry.findRepository(APP)
    const inUse = await refusalOf(registry.deleteContent.blob(repository, layer.digest, alice))
    expect(inUse).toMatchObject({ code: 'UNSUPPORTED', status: 405, detail: { manifest: digest } })
    await registry.deleteContent.manifest(repository, parseReference(digest), alice)
    for (const reference of ['1', '2', digest]) expect((await refusalOf(pull(reference))).code).toBe('MANIFEST_UNKNOWN')
    await registry.deleteContent.blob(repository, layer.digest, alice)
  })

  test.each(['absent', ABSENT])('what is not there is MANIFEST_UNKNOWN: %s', async (reference) => {
    for (const repository of [await registry.findRepository(APP), undefined]) {
      const attempt = registry.deleteContent.manifest(repository, parseReference(reference), alice)
      expect((await refusalOf(attempt)).code).toBe('MANIFEST_UNKNOWN')
    }
  })

  test('leaves in the trail who did it', async () => {
    await push(image())
    await registry.deleteContent.manifest(await registry.findRepository(APP), parseReference('latest'), alice)
    const [event] = await readTrail(registry.store)
    const { subject } = alice.credential
    expect(event).toMatchObject({
      action: 'tag.deleted',
      origin: {
        accountId: subject.kind === 'user' ? subject.account.id : undefined,
        accountName: 'alice',
        credential: 'password',
        address: '192.0.2.1',
        requestId: 'request of alice',
      },
    })
  })
})

describe('listing', () => {
  const page = { after: undefined, limit: 100 }

  test('the tags of a repository that is there, even without any, and not of one that is not (LIST-2)', async () => {
    expect(await registry.listContent.tags(await registry.findRepository(APP), page)).toEqual({
      items: [],
      next: undefined,
    })
    await push(image(), digestOf(image()), ['b', 'a'])
    expect((await registry.listContent.tags(await registry.findRepository(APP), page)).items).toEqual(['a', 'b'])
    expect((await refusalOf(registry.listContent.tags(undefined, page))).code).toBe('NAME_UNKNOWN')
  })

  test('the repositories that one may pull', async () => {
    await push(image())
    const names = async (caller: Caller) => (await registry.listContent.repositories(caller.credential, page)).items
    expect(await names(alice)).toEqual(['alice/app'])
    expect(await names(NOBODY)).toEqual([])
    expect(await names(await registry.createCaller('bob'))).toEqual([])
    expect(await names(await registry.createCaller('audrey', 'auditor'))).toEqual(['alice/app'])
  })

  test('referrers with the descriptor that the spec wants (REF-2)', async () => {
    const subject = { mediaType: MEDIA_TYPES.ociManifest, digest: ABSENT, size: 7 }
    const annotations = { 'org.example.note': 'a "note"' }
    const signature = image({ subject, annotations, artifactType: 'application/example' })
    const plain = image({ subject })
    await push(signature, 'signature')
    await push(plain, 'plain')
    const request = { ...page, subject: ABSENT, artifactTypes: [] }
    const { items } = await registry.listContent.referrers(await registry.findRepository(APP), request)
    const mediaType = MEDIA_TYPES.ociManifest
    const expected = [
      {
        mediaType,
        digest: digestOf(signature),
        size: signature.length,
        artifactType: 'application/example',
        annotations,
      },
      { mediaType, digest: digestOf(plain), size: plain.length, artifactType: CONFIG_TYPE },
    ]
    const byDigest = (one: { digest: string }, other: { digest: string }) => (one.digest < other.digest ? -1 : 1)
    expect(items.map((item) => JSON.parse(item))).toEqual(expected.sort(byDigest))
  })

  test('the referrers in a repository that is not there: none (REF-1)', async () => {
    const request = { ...page, subject: ABSENT, artifactTypes: [] }
    expect(await registry.listContent.referrers(undefined, request)).toEqual({ items: [], next: undefined })
  })
})
