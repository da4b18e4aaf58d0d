import { describe, expect } from 'vitest'
import { TOKEN_USES } from './bearer-authorization.ts'
import { newRepositoryName, settings, conformanceTest as test } from './conformance-test.ts'
import type { Content, ManifestContent } from './content.ts'
import { DATA_SETS, DEV_DATA_SETS } from './data-sets.ts'
import { expectBlobServed, expectDeleted, expectManifestServed, expectManifestTaken } from './expect-content.ts'
import { describeExchange } from './expect-status.ts'
import { listReferrers } from './list-referrers.ts'
import { listTags } from './list-tags.ts'
import { pushBlobs, putManifest } from './push-content.ts'

const dataSets = settings.spec === 'dev' ? [...DATA_SETS, ...DEV_DATA_SETS] : DATA_SETS

/*
 * The tests of one data set are one life, from push to deletion, and run in order. All data sets share a repository,
 * which is empty in between: a registry that forgets a repository with its last tag has to go on taking pushes.
 */
describe.each(TOKEN_USES)('With tokens %s, a registry keeps', (tokenUse) => {
  test.override('tokenUse', tokenUse)
  const sharedRepository = newRepositoryName()
  test.override('repository', sharedRepository)

  describe.each(dataSets.map((dataSet) => [dataSet.name, dataSet] as const))('%s:', (_name, { create, taggedBy }) => {
    const content = create()
    const manifestOf = (digest: string) => findManifest(content, digest)

    test('it takes the blobs', async ({ client, repository }) => {
      await pushBlobs({ client, repository }, content.blobs)
    })

    test('it takes the manifests by digest, with their tags if these are parameters', async ({
      client,
      repository,
      settings: { spec },
    }) => {
      for (const manifest of content.manifests) {
        const tags = taggedBy === 'parameter' ? tagsOf(content, manifest.digest) : []
        const response = await putManifest({ client, repository }, manifest.digest, manifest, { tags })
        await expectManifestTaken(client, response, manifest, spec)
        const accepted = response.headers['oci-tag']?.toString().split(/\s*,\s*/) ?? []
        expect(accepted.sort(), describeExchange(response)).toEqual(tags.sort())
      }
    })

    if (taggedBy === 'name' && content.tags.size > 0) {
      test('it takes the manifests by tag', async ({ client, repository, settings: { spec } }) => {
        for (const [tag, digest] of content.tags) {
          const response = await putManifest({ client, repository }, tag, manifestOf(digest))
          await expectManifestTaken(client, response, manifestOf(digest), spec)
        }
      })
    }

    test('it lists the tags in order, and those after any of them', async ({ client, repository }) => {
      const tags = [...content.tags.keys()].sort()
      expect((await listTags({ client, repository })).tags).toEqual(tags)
      for (const [position, tag] of tags.entries()) {
        const { tags: later } = await listTags({ client, repository }, { last: tag })
        expect(later, `the tags after ${tag}`).toEqual(tags.slice(position + 1))
      }
    })

    describe.each(['HEAD', 'GET'] as const)('it answers %s', (method) => {
      test('for the manifests by tag', async ({ client, repository, settings: { spec } }) => {
        for (const [tag, digest] of content.tags) {
          await expectManifestServed({ client, repository }, method, tag, manifestOf(digest), spec)
        }
      })

      test('for the manifests by digest', async ({ client, repository, settings: { spec } }) => {
        for (const manifest of content.manifests) {
          await expectManifestServed({ client, repository }, method, manifest.digest, manifest, spec)
        }
      })

      test('for the blobs', async ({ client, repository, settings: { spec } }) => {
        for (const [digest, bytes] of content.blobs) {
          await expectBlobServed({ client, repository }, method, { digest, bytes }, spec)
        }
      })
    })

    if (content.referrers.size > 0) {
      test('it lists the referrers', async ({ client, repository }) => {
        for (const [subject, referrers] of content.referrers) {
          const { manifests } = await listReferrers({ client, repository }, subject)
          expect(sortedByDigest(manifests)).toEqual(sortedByDigest(referrers))
        }
      })

      test('it filters the referrers by artifact type', async ({ client, repository }) => {
        for (const [subject, referrers] of content.referrers) {
          for (const artifactType of new Set(referrers.map((referrer) => referrer.artifactType))) {
            if (artifactType === undefined) continue
            const { manifests, filters } = await listReferrers({ client, repository }, subject, artifactType)
            expect(filters).toContain('artifactType')
            const expected = referrers.filter((referrer) => referrer.artifactType === artifactType)
            expect(sortedByDigest(manifests)).toEqual(sortedByDigest(expected))
          }
        }
      })
    }

    test('it deletes the tags, one at a time', async ({ client, repository, settings: { spec } }) => {
      const remaining = new Map(content.tags)
      for (const tag of content.tags.keys()) {
        await expectDeleted({ client, repository }, `manifests/${tag}`)
        remaining.delete(tag)
        for (const [other, digest] of remaining) {
          await expectManifestServed({ client, repository }, 'HEAD', other, manifestOf(digest), spec)
        }
      }
    })

    test('it deletes the manifests, parents before children', async ({ client, repository }) => {
      for (const { digest } of content.manifests.toReversed()) {
        await expectDeleted({ client, repository }, `manifests/${digest}`)
      }
    })

    test('it deletes the blobs', async ({ client, repository }) => {
      for (const digest of content.blobs.keys()) await expectDeleted({ client, repository }, `blobs/${digest}`)
    })
  })
})

function findManifest(content: Content, digest: string): ManifestContent {
  const manifest = content.manifests.find((candidate) => candidate.digest === digest)
  if (manifest === undefined) throw new Error(`no manifest of this data set is ${digest}`)
  return manifest
}

function tagsOf(content: Content, digest: string): string[] {
  return [...content.tags].filter(([, tagged]) => tagged === digest).map(([tag]) => tag)
}

function sortedByDigest<T extends { readonly digest: string }>(descriptors: readonly T[]): T[] {
  return descriptors.toSorted((left, right) => left.digest.localeCompare(right.digest))
}
