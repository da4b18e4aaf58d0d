import { describe, expect } from 'vitest'
import { TOKEN_USES } from './bearer-authorization.ts'
import { conformanceTest as test } from './conformance-test.ts'
import { addArtifact, addImage, createContent, digestOf, uniqueAnnotation } from './content.ts'
import { expectStatus } from './expect-status.ts'
import { listReferrers } from './list-referrers.ts'
import { pushBlobs, putManifest } from './push-content.ts'

describe.each(TOKEN_USES)('With tokens %s, a registry', (tokenUse) => {
  test.override('tokenUse', tokenUse)

  test('says that it is one', async ({ client }) => {
    expectStatus(await client.send({ method: 'GET', url: '/v2/' }), 200)
  })

  test('does not find the tags of a repository nobody has pushed to', async ({ client, repository }) => {
    expectStatus(await client.send({ method: 'GET', url: `/v2/${repository}/tags/list` }), 404)
  })

  test('lists no referrers in a repository nobody has pushed to, and not an error', async ({ client, repository }) => {
    const { manifests } = await listReferrers({ client, repository }, digestOf('sha256', Buffer.from(repository)))
    expect(manifests).toEqual([])
  })

  test('refuses to list the referrers of what is no digest', async ({ client, repository }) => {
    const url = `/v2/${repository}/referrers/sha256:baddigeststring`
    expectStatus(await client.send({ method: 'GET', url }), 400)
  })

  test('lists no referrers that are deleted, or of a type nobody has', async ({ client, repository }) => {
    const content = createContent()
    const subject = addImage(content)
    const artifactType = 'application/vnd.example.kontor.conformance.v1'
    const referrer = addArtifact(content, artifactType, { artifactType, subject, annotations: uniqueAnnotation() })
    await pushBlobs({ client, repository }, content.blobs)
    for (const manifest of content.manifests) {
      expectStatus(await putManifest({ client, repository }, manifest.digest, manifest), 201)
    }
    expect((await listReferrers({ client, repository }, subject.digest)).manifests).toHaveLength(1)
    expect((await listReferrers({ client, repository }, subject.digest, 'application/x-none')).manifests).toEqual([])
    const url = `/v2/${repository}/manifests/${referrer.digest}`
    expectStatus(await client.send({ method: 'DELETE', url }), 202)
    expect((await listReferrers({ client, repository }, subject.digest)).manifests).toEqual([])
  })
})
