import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { sampleImage } from './images.ts'

/**
 * The two ways in which cosign keeps what it says about an image, each with what the commands need so that no
 * transparency log and no other service of the Internet takes part.
 */
const asReferrers = {
  repository: 'cosign/as-referrers',
  sign: ['--signing-config', 'signing-config.json', '--trusted-root', 'trusted-root.json'],
  verify: ['--trusted-root', 'trusted-root.json'],
}
const asTags = {
  repository: 'cosign/as-tags',
  sign: ['--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false'],
  verify: ['--new-bundle-format=false'],
}

describe.each(transports)('cosign over %s', (transport) => {
  let registry: ClientRegistry
  let cosign: Client
  let digest: string

  const name = (repository: string) => `${registry.host}/${repository}`
  const signerEnv = { COSIGN_PASSWORD: 'only for this test' }
  const key = ['--key', 'cosign.key', '--yes']
  const publicKey = ['--key', 'cosign.pub', '--insecure-ignore-tlog']

  /** Pushes an image under the tag 1 and answers how cosign shall call it. */
  const push = async (repository: string) => {
    const skopeo = await registry.client('skopeo')
    await skopeo.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
    const index = await sampleImage('two-platforms')
    await skopeo.ok(['copy', '--all', index.reference, `docker://${name(repository)}:1`])
    return name(`${repository}@${index.digest}`)
  }

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    cosign = await registry.client('cosign', { env: signerEnv })
    await cosign.ok(['login', registry.host, ...registry.loginFlags], registry.rightPassword)
    await cosign.ok(['generate-key-pair'])
    // Without services in it: nothing is sent to anyone but the registry.
    await cosign.ok(['signing-config', 'create', '--out', 'signing-config.json'])
    await cosign.ok(['trusted-root', 'create', '--out', 'trusted-root.json'])
    await writeFile(join(cosign.home, 'predicate.json'), JSON.stringify({ built: 'by a test' }))
    digest = (await sampleImage('two-platforms')).digest
  })
  afterAll(() => registry.stop())

  test.each([
    ['as referrers, its default since version 3', asReferrers],
    ['under tags named after the image', asTags],
  ] as const)('signs, attests and verifies an image, kept %s', async (_, { repository, sign, verify }) => {
    const image = await push(repository)
    await cosign.fails(['verify', ...publicKey, ...verify, image])

    await cosign.ok(['sign', ...key, ...sign, image])
    const { stdout: verified } = await cosign.ok(['verify', ...publicKey, ...verify, image])
    expect(verified).toContain(digest)

    await cosign.ok(['attest', ...key, ...sign, '--type', 'custom', '--predicate', 'predicate.json', image])
    const attested = await cosign.ok(['verify-attestation', ...publicKey, ...verify, '--type', 'custom', image])
    const { payload } = JSON.parse(attested.stdout) as { payload: string }
    expect(Buffer.from(payload, 'base64').toString()).toContain('by a test')

    const { output: tree } = await cosign.ok(['tree', image])
    expect(tree).toMatch(/sha256:[0-9a-f]{64}[\s\S]*sha256:[0-9a-f]{64}/)
  })

  test('leaves the list of referrers to the registry', async () => {
    const image = await push('cosign/referrers')
    await cosign.ok(['sign', ...key, ...asReferrers.sign, image])
    expect(await registry.reader.tags('cosign/referrers')).toEqual(['1'])
    const referrers = await registry.reader.referrers('cosign/referrers', digest)
    expect(referrers).toMatchObject([{ artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }])
  })

  test('adds a second signature to the tag that holds the first', async () => {
    const image = await push('cosign/twice')
    await cosign.ok(['sign', ...key, ...asTags.sign, '-a', 'by=first', image])
    await cosign.ok(['sign', ...key, ...asTags.sign, '-a', 'by=second', image])
    expect(await registry.reader.tags('cosign/twice')).toEqual(['1', `${digest.replace(':', '-')}.sig`])
    const { stdout } = await cosign.ok(['verify', ...publicKey, ...asTags.verify, image])
    expect(JSON.parse(stdout)).toHaveLength(2)
  })

  test('attaches a bill of materials and downloads it again', async () => {
    const image = await push('cosign/sbom')
    await writeFile(join(cosign.home, 'sbom.json'), '{"spdxVersion":"SPDX-2.3"}')
    await cosign.ok(['attach', 'sbom', '--sbom', 'sbom.json', '--type', 'spdx', '--input-format', 'json', image])
    expect((await cosign.ok(['download', 'sbom', image])).stdout).toBe('{"spdxVersion":"SPDX-2.3"}')
  })

  test('may not sign without credentials, nor with a wrong password', async () => {
    const image = await push('cosign/private')
    const stranger = await registry.client('cosign', { env: signerEnv })
    const sign = ['sign', ...key, ...asReferrers.sign, image]
    await stranger.refused(sign, { cwd: cosign.home })
    await stranger.ok(['login', registry.host, ...registry.loginFlags], registry.wrongPassword)
    await stranger.refused(sign, { cwd: cosign.home })
    await stranger.refused(['verify', ...publicKey, ...asReferrers.verify, image], { cwd: cosign.home })
  })
})
