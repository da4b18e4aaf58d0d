import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MEDIA_TYPES } from '../../../oci/media-types.ts'
import { parseRepositoryName } from '../../../oci/repository-name.ts'
import type { ManifestReference } from '../../../storage/metadata/manifests.ts'
import { readTrail } from './audit-log.ts'
import {
  APP,
  digestOf,
  getRepository,
  historyOf,
  idOf,
  LATEST,
  link,
  manifestOf,
  ORIGIN,
  put,
  tags,
  WEB,
} from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const latest = { kind: 'tag', tag: LATEST } as const

function reference(kind: ManifestReference['kind'], content: string, isRequired = true): ManifestReference {
  return { kind, digest: digestOf(content), isRequired }
}

/** Manifests: stored whole or not at all, and given back as they came. */
export function describeManifests(underTest: () => MetadataStoreUnderTest): void {
  describe('manifests', () => {
    it('are given back by tag and by digest, byte for byte, whatever the bytes are', async () => {
      const { store } = underTest()
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (content) => {
          const bytes = Buffer.from(content)
          const digest = digestOf(bytes)
          await store.manifests.put(manifestOf('', { bytes, digest, tags: [LATEST] }), ORIGIN)
          const id = await idOf(store)
          for (const asked of [latest, { kind: 'digest', digest } as const]) {
            const found = await store.manifests.resolve(id, asked)
            expect({ ...found, bytes: Buffer.from(found?.bytes ?? []) }).toEqual({
              digest,
              mediaType: MEDIA_TYPES.ociManifest,
              bytes,
            })
          }
        }),
        { numRuns: 25, examples: [[new Uint8Array([0])], [Buffer.from('{"a": "\\u0000é"}\r\n')]] },
      )
    })

    it('may be addressed by sha512', async () => {
      const { store } = underTest()
      const digest = digestOf('long', 'sha512')
      await put(store, 'long', { digest })
      expect(await store.manifests.resolve(await idOf(store), { kind: 'digest', digest })).toMatchObject({ digest })
    })

    it('that were never pushed resolve to nothing', async () => {
      const { store } = underTest()
      await put(store, 'another', { tags: tags('v1') })
      const id = await idOf(store)
      expect(await store.manifests.resolve(id, latest)).toBeUndefined()
      expect(await store.manifests.resolve(id, { kind: 'digest', digest: digestOf('absent') })).toBeUndefined()
    })

    it('belong to one repository: another does not see them, and keeps its own when they are deleted', async () => {
      const { store } = underTest()
      const digest = await put(store, 'shared', { tags: [LATEST] })
      await put(store, 'of web', { repository: WEB })
      expect(await store.manifests.resolve(await idOf(store, WEB), { kind: 'digest', digest })).toBeUndefined()
      expect(await store.manifests.resolve(await idOf(store, WEB), latest)).toBeUndefined()
      expect(await store.manifests.delete(await idOf(store, WEB), digest, ORIGIN)).toBe(false)

      await put(store, 'shared', { repository: WEB })
      expect(await store.manifests.delete(await idOf(store), digest, ORIGIN)).toBe(true)
      expect(await store.manifests.resolve(await idOf(store, WEB), { kind: 'digest', digest })).toBeDefined()
    })

    it('pushed twice are there once, with the media type they came with last', async () => {
      const { store } = underTest()
      const digest = await put(store, 'same bytes', { mediaType: MEDIA_TYPES.dockerManifest })
      await put(store, 'same bytes', { mediaType: MEDIA_TYPES.ociManifest })
      const id = await idOf(store)
      expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toMatchObject({
        mediaType: MEDIA_TYPES.ociManifest,
      })
      expect(await store.manifests.delete(id, digest, ORIGIN)).toBe(true)
      expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toBeUndefined()
    })

    it('tell their repository when it was pushed to', async () => {
      const { store, clock } = underTest()
      await link(store, 'a layer')
      expect(await getRepository(store)).toMatchObject({ createdAt: clock.now(), pushedAt: undefined })
      const createdAt = clock.now()
      clock.advance(5000)
      await put(store, 'first')
      expect(await getRepository(store)).toMatchObject({ createdAt, pushedAt: clock.now() })
      clock.advance(5000)
      await put(store, 'first')
      expect(await getRepository(store)).toMatchObject({ createdAt, pushedAt: clock.now() })
    })

    describe('that lack something they need', () => {
      it('leave nothing behind: no repository, no organization, no trace in the audit trail', async () => {
        const { store } = underTest()
        const manifest = manifestOf('image', { references: [reference('layer', 'absent')], tags: [LATEST] })
        expect(await store.manifests.put(manifest, ORIGIN)).toEqual({
          kind: 'missing-references',
          missing: [digestOf('absent')],
        })
        expect(await store.repositories.find(APP)).toBeUndefined()
        expect(await store.accounts.findByName('acme')).toBeUndefined()
        expect(await readTrail(store)).toEqual([])
      })

      it('change nothing in a repository that is there: the tag stays where it was', async () => {
        const { store, clock } = underTest()
        const digest = await put(store, 'good', { tags: [LATEST] })
        const before = await getRepository(store)
        clock.advance(1000)
        const bad = manifestOf('bad', { references: [reference('config', 'absent')], tags: tags('latest', 'new') })
        expect(await store.manifests.put(bad, ORIGIN)).toMatchObject({ kind: 'missing-references' })

        expect(await store.manifests.resolve(before.id, latest)).toMatchObject({ digest })
        expect(await store.manifests.resolve(before.id, { kind: 'digest', digest: bad.digest })).toBeUndefined()
        expect((await store.tags.list(before.id, { after: undefined, limit: 10 })).items).toEqual(['latest'])
        expect(await historyOf(store, before.id)).toHaveLength(1)
        expect(await getRepository(store)).toEqual(before)
      })

      it('hear of each missing thing once, and not of what is there or not required', async () => {
        const { store } = underTest()
        await link(store, 'there')
        const references = [
          reference('config', 'there'),
          reference('layer', 'absent 1'),
          reference('layer', 'absent 2'),
          reference('layer', 'absent 1'),
          reference('layer', 'elsewhere', false),
        ]
        const result = await store.manifests.put(manifestOf('image', { references }), ORIGIN)
        expect(result.kind).toBe('missing-references')
        expect([...result.missing].sort()).toEqual([digestOf('absent 1'), digestOf('absent 2')].sort())
      })

      it('are stored when what they lack is not required, and say what is missing', async () => {
        const { store } = underTest()
        await put(store, 'linux/amd64')
        const references = [reference('manifest', 'linux/amd64', false), reference('manifest', 'linux/arm64', false)]
        const index = manifestOf('index', { references, mediaType: MEDIA_TYPES.ociIndex })
        expect(await store.manifests.put(index, ORIGIN)).toEqual({
          kind: 'stored',
          missing: [digestOf('linux/arm64')],
        })
      })
    })

    describe('find what they refer to', () => {
      it('among the blobs of their repository', async () => {
        const { store } = underTest()
        const references = [
          { kind: 'config', digest: await link(store, 'config'), isRequired: true },
          { kind: 'layer', digest: await link(store, 'layer'), isRequired: true },
        ] as const
        expect(await store.manifests.put(manifestOf('image', { references }), ORIGIN)).toEqual({
          kind: 'stored',
          missing: [],
        })
      })

      it('never among the blobs of another', async () => {
        const { store } = underTest()
        const digest = await link(store, 'layer', WEB)
        const references = [{ kind: 'layer', digest, isRequired: true }] as const
        expect(await store.manifests.put(manifestOf('image', { references }), ORIGIN)).toEqual({
          kind: 'missing-references',
          missing: [digest],
        })
      })

      it('among manifests or blobs, if it is the child of an index (buildkit writes its cache so)', async () => {
        const { store } = underTest()
        const references = [
          { kind: 'manifest', digest: await put(store, 'child'), isRequired: true },
          { kind: 'manifest', digest: await link(store, 'cached layer'), isRequired: true },
        ] as const
        expect(await store.manifests.put(manifestOf('index', { references }), ORIGIN)).toMatchObject({ kind: 'stored' })
      })

      it('not among manifests, if it is a layer or a config', async () => {
        const { store } = underTest()
        const digest = await put(store, 'a manifest')
        for (const kind of ['config', 'layer'] as const) {
          const references = [{ kind, digest, isRequired: true }]
          expect(await store.manifests.put(manifestOf(kind, { references }), ORIGIN)).toMatchObject({
            kind: 'missing-references',
          })
        }
      })

      it('not among manifests that were deleted', async () => {
        const { store } = underTest()
        const digest = await put(store, 'child')
        await store.manifests.delete(await idOf(store), digest, ORIGIN)
        const references = [{ kind: 'manifest', digest, isRequired: true }] as const
        expect(await store.manifests.put(manifestOf('index', { references }), ORIGIN)).toMatchObject({
          kind: 'missing-references',
        })
      })

      it('in little time, though it were ten thousand children (S35)', async () => {
        const { store } = underTest()
        const references = Array.from({ length: 10_000 }, (_, child) => reference('manifest', `child ${child}`, false))
        const startMs = performance.now()
        const result = await store.manifests.put(manifestOf('index', { references }), ORIGIN)
        expect(performance.now() - startMs).toBeLessThan(3000)
        expect(result.missing).toHaveLength(10_000)
      })
    })

    describe('when they are deleted', () => {
      it('take all their tags with them, and no other tag', async () => {
        const { store } = underTest()
        const digest = await put(store, 'old', { tags: tags('1', '1.0', 'latest') })
        await put(store, 'new', { tags: tags('2', 'latest') })
        const id = await idOf(store)
        expect(await store.manifests.delete(id, digest, ORIGIN)).toBe(true)
        expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toBeUndefined()
        expect((await store.tags.list(id, { after: undefined, limit: 10 })).items).toEqual(['2', 'latest'])
        for (const tag of tags('1', '1.0')) {
          expect(await store.manifests.resolve(id, { kind: 'tag', tag })).toBeUndefined()
        }
      })

      it('are gone once, not twice', async () => {
        const { store } = underTest()
        const digest = await put(store, 'old')
        const id = await idOf(store)
        expect(await store.manifests.delete(id, digest, ORIGIN)).toBe(true)
        expect(await store.manifests.delete(id, digest, ORIGIN)).toBe(false)
        expect(await store.manifests.delete(id, digestOf('never there'), ORIGIN)).toBe(false)
      })

      it('come back when they are pushed again, without the tags they had', async () => {
        const { store } = underTest()
        const digest = await put(store, 'image', { tags: tags('1', 'latest') })
        const id = await idOf(store)
        await store.manifests.delete(id, digest, ORIGIN)
        await put(store, 'image', { tags: tags('2') })
        expect(await store.manifests.resolve(id, { kind: 'digest', digest })).toMatchObject({ digest })
        expect((await store.tags.list(id, { after: undefined, limit: 10 })).items).toEqual(['2'])
      })

      it('leave the index that names them: what it points to is its pusher’s business', async () => {
        const { store } = underTest()
        const child = await put(store, 'child')
        const references = [{ kind: 'manifest', digest: child, isRequired: true }] as const
        await put(store, 'index', { references, tags: [LATEST] })
        const id = await idOf(store)
        expect(await store.manifests.delete(id, child, ORIGIN)).toBe(true)
        expect(await store.manifests.resolve(id, latest)).toMatchObject({ digest: digestOf('index') })
      })
    })

    it('create the repository they are first pushed to, private, and the organization of its namespace', async () => {
      const { store, clock } = underTest()
      const name = parseRepositoryName('new-team/deep/app')
      await put(store, 'image', { repository: name })
      const owner = await store.accounts.findByName('new-team')
      expect(owner).toMatchObject({ kind: 'organization', passwordHash: undefined, createdAt: clock.now() })
      expect(await store.repositories.find(name)).toMatchObject({ name, visibility: 'private', ownerId: owner?.id })
    })
  })
}
