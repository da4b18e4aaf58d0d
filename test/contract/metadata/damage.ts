import { describe, expect, it } from 'vitest'
import type { Digest } from '../../../oci/digest.ts'
import type { RepositoryName } from '../../../oci/repository-name.ts'
import type { DamageUse } from '../../../storage/metadata/damage.ts'
import type { DamageId, ManifestId } from '../../../storage/metadata/identities.ts'
import type { ManifestReference } from '../../../storage/metadata/manifests.ts'
import type { MetadataStore } from '../../../storage/metadata/metadata-store.ts'
import { readTrail } from './audit-log.ts'
import { readPages } from './read-pages.ts'
import { APP, digestOf, idOf, LATEST, link, manifestOf, ORIGIN, put, tags, WEB } from './sample-content.ts'
import type { MetadataStoreUnderTest } from './store-under-test.ts'

const FIRST_PAGE = { after: undefined, limit: 100 }

function altered(digest: Digest) {
  return { digest, reason: 'altered', foundSize: 5 } as const
}

function layer(digest: Digest, kind: ManifestReference['kind'] = 'layer'): readonly ManifestReference[] {
  return [{ kind, digest, isRequired: true }]
}

async function listDamage(store: MetadataStore) {
  return (await store.damage.list(FIRST_PAGE)).items
}

/** What needs the only damaged thing there is. */
async function usesOfDamage(store: MetadataStore): Promise<readonly DamageUse[]> {
  const [damage] = await listDamage(store)
  if (damage === undefined) throw new Error('nothing is damaged')
  return (await store.damage.listUses(damage.id, FIRST_PAGE)).items
}

async function manifestId(store: MetadataStore, digest: Digest): Promise<ManifestId> {
  const all = await store.storedContent.listManifests(undefined, 1000)
  const found = all.find((each) => each.digest === digest)
  if (found === undefined) throw new Error(`there is no manifest ${digest}`)
  return found.id
}

async function actions(store: MetadataStore, about: string): Promise<readonly string[]> {
  return (await readTrail(store)).filter(({ object }) => object.endsWith(about)).map(({ action }) => action)
}

/** What a scrub found, and how pushes heal it. */
export function describeDamage(underTest: () => MetadataStoreUnderTest): void {
  describe('a damaged blob', () => {
    it('is told once, with what is wrong, as long as a repository has it', async () => {
      const { store, clock } = underTest()
      const digest = await link(store, 'a layer')
      expect(await store.damage.reportBlob(altered(digest), ORIGIN)).toBe(true)
      const foundAt = clock.now()
      expect(await store.damage.reportBlob({ digest, reason: 'missing', foundSize: undefined }, ORIGIN)).toBe(true)
      const [damage, ...others] = await listDamage(store)
      expect(others).toEqual([])
      expect(damage).toEqual({
        id: damage?.id,
        digest,
        kind: 'blob',
        reason: 'altered',
        size: 7,
        foundSize: 5,
        foundAt,
      })
      expect(await store.damage.find(damage?.id ?? (0 as DamageId))).toEqual(damage)
      expect(await store.damage.count()).toBe(1)
      expect(await actions(store, digest)).toEqual(['blob.damaged'])

      await store.blobLinks.unlink(await idOf(store), digest, ORIGIN)
      expect(await listDamage(store)).toEqual([])
      expect(await store.damage.count()).toBe(0)
    })

    it('is nobody’s business when no repository has it', async () => {
      const { store } = underTest()
      expect(await store.damage.reportBlob(altered(digestOf('nobody’s')), ORIGIN)).toBe(false)
      expect(await listDamage(store)).toEqual([])
    })

    it('is healed by an upload to any repository, for all, and not by a mount', async () => {
      const { store } = underTest()
      const digest = await link(store, 'a layer', APP)
      await store.damage.reportBlob(altered(digest), ORIGIN)
      expect(await store.blobLinks.find(await idOf(store), digest)).toBeUndefined()
      expect(await store.blobLinks.findAnywhere({ kind: 'everything' }, digest)).toBeUndefined()
      await link(store, 'a layer', APP)
      expect(await store.damage.count()).toBe(1)
      expect(await store.blobLinks.find(await idOf(store), digest)).toBeUndefined()
      await store.blobLinks.linkUploaded(WEB, { digest, size: 7 }, ORIGIN)
      expect(await store.damage.count()).toBe(0)
      expect(await actions(store, `${WEB}@${digest}`)).toEqual(['blob.healed'])
      expect(await store.blobLinks.find(await idOf(store, WEB), digest)).toEqual({ digest, size: 7 })
      expect(await store.blobLinks.find(await idOf(store), digest)).toEqual({ digest, size: 7 })
      expect(await store.blobLinks.findAnywhere({ kind: 'everything' }, digest)).toEqual({ digest, size: 7 })
    })

    it('is healed when it is found whole', async () => {
      const { store } = underTest()
      const digest = await link(store, 'a layer')
      await store.damage.reportBlob(altered(digest), ORIGIN)
      await store.damage.closeBlob(digest, ORIGIN)
      await store.damage.closeBlob(digest, ORIGIN)
      expect(await store.damage.count()).toBe(0)
      expect(await actions(store, digest)).toEqual(['blob.healed', 'blob.damaged'])
    })

    it('is missing to whoever pushes a manifest that needs it, until it is healed', async () => {
      const { store } = underTest()
      const digest = await link(store, 'a layer')
      await store.damage.reportBlob(altered(digest), ORIGIN)
      const manifest = manifestOf('image', { references: layer(digest), tags: [LATEST] })
      expect(await store.manifests.put(manifest, ORIGIN)).toEqual({ kind: 'missing-references', missing: [digest] })
      await store.blobLinks.linkUploaded(APP, { digest, size: 7 }, ORIGIN)
      expect(await store.manifests.put(manifest, ORIGIN)).toEqual({ kind: 'stored', missing: [] })
    })

    it('comes in pages with the others, in the order in which they were found', async () => {
      const { store } = underTest()
      const digests = []
      for (let number = 9; number >= 0; number--) digests.push(await link(store, `layer ${number}`))
      for (const digest of digests) await store.damage.reportBlob(altered(digest), ORIGIN)
      const pages = await readPages((page) => store.damage.list(page), 4)
      expect(pages.map((page) => page.length)).toEqual([4, 4, 2])
      expect(pages.flat().map(({ digest }) => digest)).toEqual(digests)
    })
  })

  describe('what needs a damaged blob', () => {
    it('is every manifest that has it as a layer or its config, in every repository, with the tags that lead there', async () => {
      const { store } = underTest()
      const digest = await link(store, 'shared', APP)
      await link(store, 'shared', WEB)
      const one = await put(store, 'one', { references: layer(digest), tags: tags('v1', 'latest') })
      const untagged = await put(store, 'untagged', { references: layer(digest, 'config') })
      const other = await put(store, 'other', { references: layer(digest), tags: tags('web'), repository: WEB })
      await put(store, 'innocent', { tags: tags('innocent') })
      const deleted = await put(store, 'deleted', { references: layer(digest), tags: tags('deleted') })
      await store.manifests.delete(await idOf(store), deleted, ORIGIN)
      await store.damage.reportBlob(altered(digest), ORIGIN)
      const attachedTo: string[] = []
      expect(await usesOfDamage(store)).toEqual([
        { repository: APP, manifest: one, role: 'layer', tags: ['latest', 'v1'], attachedTo },
        { repository: APP, manifest: untagged, role: 'config', tags: [], attachedTo },
        { repository: WEB, manifest: other, role: 'layer', tags: ['web'], attachedTo },
      ])
    })

    it('is what an index, and an index of indexes, leads to', async () => {
      const { store } = underTest()
      const digest = await link(store, 'a layer')
      const child = await put(store, 'child', { references: layer(digest) })
      const index = await put(store, 'index', { references: layer(child, 'manifest'), tags: tags('multi') })
      await put(store, 'outer', { references: layer(index, 'manifest'), tags: tags('outer') })
      await store.damage.reportBlob(altered(digest), ORIGIN)
      expect(await usesOfDamage(store)).toEqual([
        { repository: APP, manifest: child, role: 'layer', tags: ['multi', 'outer'], attachedTo: [] },
      ])
    })

    it('is a signature, with the tags of what it was made for', async () => {
      const { store } = underTest()
      const payload = await link(store, 'payload')
      const image = await put(store, 'image')
      await put(store, 'index', { references: layer(image, 'manifest'), tags: tags('v1') })
      const sbom = await put(store, 'sbom', { referrer: { subject: image, descriptor: '{}' } })
      const signature = await put(store, 'signature', {
        references: layer(payload),
        referrer: { subject: sbom, descriptor: '{}' },
        tags: tags('own'),
      })
      await store.damage.reportBlob(altered(payload), ORIGIN)
      expect(await usesOfDamage(store)).toEqual([
        { repository: APP, manifest: signature, role: 'layer', tags: ['own'], attachedTo: ['v1'] },
      ])
    })

    it.each([1, 3, 100])('comes in pages of %i', async (limit) => {
      const { store } = underTest()
      const names: RepositoryName[] = [APP, WEB]
      const manifests: string[] = []
      for (const repository of names) {
        const digest = await link(store, 'shared', repository)
        for (let number = 0; number < 5; number++) {
          const references = [...layer(digest), ...layer(digest, 'config')]
          manifests.push(await put(store, `${repository} ${number}`, { repository, references }))
        }
      }
      await store.damage.reportBlob(altered(digestOf('shared')), ORIGIN)
      const [damage] = await listDamage(store)
      const id = damage?.id ?? (0 as DamageId)
      const pages = await readPages((page) => store.damage.listUses(id, page), limit)
      expect(pages.flat().map(({ manifest }) => manifest)).toEqual(manifests)
      expect(await store.damage.listUses(999 as DamageId, FIRST_PAGE)).toEqual({ items: [], next: undefined })
    })
  })

  describe('a damaged manifest', () => {
    it('is not served, by tag or digest, until it is pushed again', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image', { tags: tags('v1') })
      const elsewhere = await put(store, 'image', { repository: WEB })
      const id = await manifestId(store, digest)
      expect(await store.damage.reportManifest(id, 'altered', ORIGIN)).toBe(true)
      expect(await store.damage.reportManifest(id, 'altered', ORIGIN)).toBe(true)
      const repositoryId = await idOf(store)
      const [tag] = tags('v1')
      if (tag === undefined) throw new Error('there is no tag')
      expect(await store.manifests.resolve(repositoryId, { kind: 'tag', tag })).toBeUndefined()
      expect(await store.manifests.resolve(repositoryId, { kind: 'digest', digest })).toBeUndefined()
      expect(await store.manifests.resolve(await idOf(store, WEB), { kind: 'digest', digest: elsewhere })).toBeDefined()
      expect(await listDamage(store)).toMatchObject([{ digest, kind: 'manifest', reason: 'altered', size: undefined }])
      expect(await usesOfDamage(store)).toEqual([
        { repository: APP, manifest: digest, role: 'self', tags: ['v1'], attachedTo: [] },
      ])

      await put(store, 'image', { tags: tags('v1') })
      expect(await store.manifests.resolve(repositoryId, { kind: 'tag', tag })).toMatchObject({ digest })
      expect(await listDamage(store)).toEqual([])
      const trail = await actions(store, `${APP}@${digest}`)
      expect(trail.filter((action) => !action.endsWith('.pushed'))).toEqual(['manifest.healed', 'manifest.damaged'])
    })

    it('is missing to whoever pushes an index of it', async () => {
      const { store } = underTest()
      const digest = await put(store, 'image')
      await store.damage.reportManifest(await manifestId(store, digest), 'altered', ORIGIN)
      const index = manifestOf('index', { references: layer(digest, 'manifest') })
      expect(await store.manifests.put(index, ORIGIN)).toEqual({ kind: 'missing-references', missing: [digest] })
    })

    it('is healed when it is found whole, and of no interest once it is deleted', async () => {
      const { store } = underTest()
      const id = await manifestId(store, await put(store, 'image'))
      await store.damage.reportManifest(id, 'altered', ORIGIN)
      await store.damage.closeManifest(id, ORIGIN)
      expect(await store.damage.count()).toBe(0)
      await store.damage.reportManifest(id, 'altered', ORIGIN)
      await store.manifests.delete(await idOf(store), digestOf('image'), ORIGIN)
      expect(await store.damage.count()).toBe(0)
      expect(await store.damage.reportManifest(id, 'altered', ORIGIN)).toBe(false)
    })
  })
}
