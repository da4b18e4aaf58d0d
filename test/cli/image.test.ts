import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type DockerRegistry, HAS_DOCKER_REGISTRY, startDockerRegistry } from '../support/docker-registry.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { digestOf } from '../support/server.ts'
import { pushSignedImage, type SignedImage } from '../support/signed-image.ts'

let kontor: Kontor
let other: DockerRegistry | undefined
let user: CliUser
let image: SignedImage
let changed: SignedImage
let web: string

beforeAll(async () => {
  kontor = await startKontor()
  other = HAS_DOCKER_REGISTRY ? await startDockerRegistry() : undefined
  user = await createCliUser()
  const auth = Buffer.from(`${kontor.username}:${kontor.password}`).toString('base64')
  await mkdir(user.dockerConfig, { recursive: true })
  await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths: { [kontor.host]: { auth } } }))
  const login = { username: kontor.username, password: kontor.password }
  image = await pushSignedImage({ url: kontor.url, login }, 'acme/web', '1.2')
  changed = await pushSignedImage({ url: kontor.url, login }, 'acme/web', '2.0', {
    env: ['PATH=/bin', 'COLOUR=blue', 'NEW=1'],
  })
  web = `${kontor.host}/acme/web`
})

afterAll(async () => {
  await user?.leave()
  await other?.stop()
  await kontor?.stop()
})

/** The parts of a line that programs read. */
const cells = (stdout: string) =>
  stdout
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'))

describe('kontor image inspect', () => {
  it('says what an image is, one line for programs', async () => {
    const { code, stdout, stderr } = await user.kontor(['image', 'inspect', `${web}:1.2`, '--platform', 'linux/arm64'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [line = []] = cells(stdout)
    expect(line.slice(0, 5)).toEqual([
      `${web}:1.2`,
      image.arm64,
      'image',
      'application/vnd.oci.image.manifest.v1+json',
      'linux/arm64',
    ])
    expect(line.slice(9)).toEqual([
      '',
      `/bin/web --say 'it'\\''s on'`,
      '',
      '',
      '',
      '8080/tcp',
      '',
      'PATH=/bin COLOUR=red',
      'team=web',
      '',
      '',
    ])
  })

  it('says it in lines to people', async () => {
    const { ended } = user.start(['image', 'inspect', `${web}:1.2`, '--platform', 'linux/amd64'], { isShown: true })
    const text = (await ended).stdout.replaceAll('\u001b[1m', '').replaceAll('\u001b[22m', '').replaceAll('\r', '')
    expect(text).toContain(`DIGEST       ${image.amd64}\n`)
    expect(text).toContain('ENV          PATH=/bin\n             COLOUR=red\nLABELS       team=web\n')
  })

  it('gives the API’s answer as JSON, and the manifest itself with --raw', async () => {
    const { stdout } = await user.kontor(['image', 'inspect', `${web}:1.2`, '--format', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({
      digest: image.index,
      tags: ['1.2'],
      usage: { sharedBytes: expect.any(Number) },
    })
    const raw = await user.kontor(['image', 'inspect', `${web}:1.2`, '--raw'])
    expect(digestOf(raw.stdout)).toBe(image.index)
    const ofPlatform = await user.kontor(['image', 'inspect', `${web}:1.2`, '--raw', '--platform', 'linux/arm64'])
    expect(digestOf(ofPlatform.stdout)).toBe(image.arm64)
  })

  it('refuses with the code for the reason', async () => {
    const missing = await user.kontor(['image', 'inspect', `${web}:9`])
    expect(missing).toMatchObject({ code: 3, stdout: '' })
    expect(missing.stderr).toBe(`error: there is no ${web}:9 (MANIFEST_UNKNOWN); try: kontor tag ls ${web}\n`)
    const platform = await user.kontor(['image', 'inspect', `${web}:1.2`, '--platform', 'linux/s390x'])
    expect(platform).toMatchObject({ code: 3 })
    expect(platform.stderr).toContain('there are linux/amd64, linux/arm64')
    expect(await user.kontor(['image', 'inspect', `${web}:1.2`, '--platform', 'arm'])).toMatchObject({ code: 2 })
    const stranger = await createCliUser()
    expect(await stranger.kontor(['image', 'inspect', `${web}:1.2`])).toMatchObject({ code: 4 })
    await stranger.leave()
  })
})

describe('kontor image layers', () => {
  it('lists each with the step that made it', async () => {
    const { stdout } = await user.kontor(['image', 'layers', `${web}:1.2`, '--platform', 'linux/amd64'])
    expect(cells(stdout).map(([, , step]) => step)).toEqual([
      '/bin/sh -c #(nop) ADD file:base in /',
      'RUN /bin/sh -c make install # buildkit',
    ])
  })

  it('chooses the image for this machine, and says so', async () => {
    const { code, stderr } = await user.kontor(['image', 'layers', `${web}:1.2`])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^this is the one for linux\/(amd64|arm64); --platform chooses another\n$/)
  })
})

describe('kontor image refs', () => {
  it('lists signatures, SBOMs and what refers to them', async () => {
    const { stdout } = await user.kontor(['image', 'refs', `${web}:1.2`])
    const rows = cells(stdout).map(([digest, kind, , , of]) => ({ digest, kind, of }))
    expect(rows).toHaveLength(4)
    expect(rows).toEqual(
      expect.arrayContaining([
        { digest: image.signature, kind: 'signature', of: image.index },
        { digest: image.companion.digest, kind: 'attestation', of: image.index },
        { digest: image.sbom, kind: 'sbom', of: image.amd64 },
        { digest: image.sbomSignature, kind: 'signature', of: image.sbom },
      ]),
    )
  })
})

describe('kontor image size', () => {
  it('says what each platform has for itself, and what all have in common', async () => {
    const { stdout } = await user.kontor(['image', 'size', `${web}:1.2`])
    const [amd64, arm64, all] = cells(stdout)
    expect([amd64?.[0], arm64?.[0], all?.[0]]).toEqual(['linux/amd64', 'linux/arm64', 'all'])
    expect([amd64?.[2], arm64?.[2], all?.[2]]).toEqual(['2', '2', '3'])
    for (const row of [amd64, arm64]) expect(Number(row?.[4]) + Number(row?.[5])).toBe(Number(row?.[3]))
    expect(Number(amd64?.[5])).toBeGreaterThan(1000)
    expect(Number(all?.[3])).toBeLessThan(Number(amd64?.[3]) + Number(arm64?.[3]))
  })
})

describe('kontor image diff', () => {
  it('says what differs, and ends well either way', async () => {
    const { code, stdout } = await user.kontor([
      'image',
      'diff',
      '--platform',
      'linux/amd64',
      `${web}:1.2`,
      `${web}:2.0`,
    ])
    expect(code).toBe(0)
    const rows = cells(stdout)
    expect(rows).toContainEqual(['changed', 'image', 'digest', image.amd64, changed.amd64])
    expect(rows).toContainEqual(['changed', 'env', 'COLOUR', 'red', 'blue'])
    expect(rows).toContainEqual(['added', 'env', 'NEW', '', '1'])
    expect(rows.filter(([change, what]) => change === 'removed' && what === 'layer')).toHaveLength(2)
    expect(rows.filter(([change, what]) => change === 'added' && what === 'layer')).toHaveLength(2)
    expect(rows.some(([, what]) => what === 'label')).toBe(false)
  })

  it('ends with 1 for a difference when asked to, and with 0 for none', async () => {
    const flags = ['image', 'diff', '--exit-code', '--platform', 'linux/amd64']
    expect(await user.kontor([...flags, `${web}:1.2`, `${web}:2.0`])).toMatchObject({ code: 1 })
    expect(await user.kontor([...flags, `${web}:1.2`, `${web}@${image.amd64}`])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })
})

describe.skipIf(!HAS_DOCKER_REGISTRY)('an image in another registry', () => {
  it('is described in the same form, without what only a Kontor knows', async () => {
    const there = `${other?.host}/copies/web:1.2`
    expect(await user.kontor(['cp', `${web}:1.2`, there])).toMatchObject({ code: 0 })
    const flags = ['--platform', 'linux/amd64', '--format', 'json']
    const ours = JSON.parse((await user.kontor(['image', 'inspect', `${web}:1.2`, ...flags])).stdout)
    const theirs = JSON.parse((await user.kontor(['image', 'inspect', there, ...flags])).stdout)
    const { config, layers } = theirs
    expect(theirs).toMatchObject({ digest: image.amd64, usage: null, tags: null, platforms: ['linux/amd64'] })
    expect(ours.config).toMatchObject(config)
    expect(ours.layers).toMatchObject(layers)
    expect(theirs.pulledBytes).toBe(ours.pulledBytes)
    const [refs, theirRefs] = [
      await user.kontor(['image', 'refs', '-q', `${web}:1.2`]),
      await user.kontor(['image', 'refs', '-q', there]),
    ]
    expect(theirRefs.stdout.split('\n').sort()).toEqual(refs.stdout.split('\n').sort())
    expect(await user.kontor(['image', 'inspect', `${other?.host}/copies/none`])).toMatchObject({ code: 3 })
  })
})
