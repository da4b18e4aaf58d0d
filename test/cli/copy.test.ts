import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type BrokenLine, openBrokenLine } from '../support/broken-line.ts'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type DockerRegistry, HAS_DOCKER_REGISTRY, startDockerRegistry } from '../support/docker-registry.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { pull, pulledBytes, pulledDigests } from '../support/pulled-content.ts'
import { pushSignedImage, type SignedImage } from '../support/signed-image.ts'

const LAYER_BYTES = 3_000_000

let kontor: Kontor
let other: DockerRegistry
let user: CliUser
let image: SignedImage
let lines: BrokenLine[] = []

beforeAll(async () => {
  if (!HAS_DOCKER_REGISTRY) return
  kontor = await startKontor()
  other = await startDockerRegistry()
  user = await createCliUser()
  await logIn([kontor.host])
  image = await pushSignedImage({ url: kontor.url, login: kontor }, 'acme/web', '1.2', { layerBytes: LAYER_BYTES })
})

afterEach(async () => {
  for (const line of lines) await line.close()
  lines = []
})

afterAll(async () => {
  await user?.leave()
  await other?.stop()
  await kontor?.stop()
})

/** As `docker login` leaves it. */
async function logIn(hosts: readonly string[]): Promise<void> {
  const auth = Buffer.from(`${kontor.username}:${kontor.password}`).toString('base64')
  await mkdir(user.dockerConfig, { recursive: true })
  const auths = Object.fromEntries(hosts.map((host) => [host, { auth }]))
  await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths }))
}

async function openLine(to: { readonly url: string }): Promise<BrokenLine> {
  const line = await openBrokenLine(to)
  lines.push(line)
  await logIn([kontor.host, line.host])
  return line
}

/** Bytes of the three layers, the only blobs of some size. */
const ALL_LAYERS = 3 * LAYER_BYTES

describe.skipIf(!HAS_DOCKER_REGISTRY)('kontor cp', () => {
  it('takes all platforms, signatures and SBOMs to another registry and back, byte for byte', async () => {
    const there = `${other.host}/copies/web:1.2`
    const copied = await user.kontor(['cp', `${kontor.host}/acme/web:1.2`, `${other.host}/copies/web`])
    expect(copied).toMatchObject({ code: 0, stdout: `${there}@${image.index}\n` })
    expect(copied.stderr.replace(/in [\d.]+ s/, 'in a moment')).toBe(
      `copying ${kontor.host}/acme/web:1.2 to ${there}\ncopied 7 manifests, 10 blobs (9.00MB) in a moment\n`,
    )
    const back = await user.kontor(['cp', there, `${kontor.host}/back/web:1.2`])
    expect(back.code).toBe(0)

    const names = [...image.manifests.map((digest) => `manifests/${digest}`), 'manifests/1.2']
    const paths = [...names, `manifests/${image.companion.tag}`, ...image.blobs.map((digest) => `blobs/${digest}`)]
    for (const path of paths) {
      const original = await pulledBytes(kontor, `/v2/acme/web/${path}`)
      expect(original).toMatch(/^200 ./)
      expect(await pulledBytes(other, `/v2/copies/web/${path}`)).toBe(original)
      expect(await pulledBytes(kontor, `/v2/back/web/${path}`)).toBe(original)
    }
    // A registry that lists no referrers has them under a tag, and from there they come back into the list.
    const tag = `sha256-${image.amd64.slice('sha256:'.length)}`
    expect(await pulledDigests(other, `/v2/copies/web/manifests/${tag}`)).toEqual([image.sbom])
    expect(await pulledDigests(kontor, `/v2/back/web/referrers/${image.amd64}`)).toEqual([image.sbom])
    expect(await pulledDigests(kontor, `/v2/back/web/referrers/${image.sbom}`)).toEqual([image.sbomSignature])
    expect(await pulledDigests(kontor, `/v2/back/web/referrers/${image.index}`)).toEqual([image.signature])
  })

  it('sends nothing that is there already', async () => {
    const to = `${other.host}/copies/twice:1`
    await user.kontor(['cp', `${kontor.host}/acme/web:1.2`, to])
    const line = await openLine(other)
    const again = await user.kontor(['cp', `${kontor.host}/acme/web:1.2`, `${line.host}/copies/twice:1`])
    expect(again.stderr).toContain('everything was there already')
    expect(line.sent()).toBeLessThan(50_000)
  })

  it('mounts within one registry instead of sending', async () => {
    const result = await user.kontor(['cp', `${kontor.host}/acme/web:1.2`, `${kontor.host}/acme/web-mounted:1`])
    expect(result.stderr).toContain('0 blobs (0B), 10 blobs mounted')
    expect(await pulledBytes(kontor, '/v2/acme/web-mounted/manifests/1')).toBe(
      await pulledBytes(kontor, '/v2/acme/web/manifests/1.2'),
    )
  })

  it('takes one platform, and without what refers to it, when told so', async () => {
    const to = `${other.host}/copies/one:1`
    const result = await user.kontor([
      'cp',
      '--platform',
      'linux/arm64',
      '--no-referrers',
      `${kontor.host}/acme/web:1.2`,
      to,
    ])
    expect(result).toMatchObject({ code: 0, stdout: `${to}@${image.arm64}\n` })
    expect((await pull(other, `/v2/copies/one/manifests/${image.index}`)).status).toBe(404)
    expect((await pull(other, `/v2/copies/one/manifests/${image.amd64}`)).status).toBe(404)
  })

  it('goes on within a layer when the connection to the source breaks', async () => {
    const line = await openLine(kontor)
    line.cutAfter('received', 1_500_000)
    const result = await user.kontor(['cp', `${line.host}/acme/web:1.2`, `${other.host}/copies/cut-source:1`])
    expect(result).toMatchObject({ code: 0 })
    expect(line.cuts()).toBe(1)
    // What had come before the cut is not asked for again.
    expect(
      line.requests().filter((head) => /^GET [^\r]*\/blobs\/[\s\S]*\r\nRange: bytes=[1-9]\d+-\r\n/i.test(head)),
    ).toHaveLength(1)
    expect(await pulledBytes(other, '/v2/copies/cut-source/manifests/1')).toBe(
      await pulledBytes(kontor, '/v2/acme/web/manifests/1.2'),
    )
  })

  it('goes on within a layer when the connection to a Kontor breaks', async () => {
    const line = await openLine(kontor)
    line.cutAfter('sent', 4_000_000)
    const result = await user.kontor(['cp', `${kontor.host}/acme/web:1.2`, `${line.host}/other/cut-target:1`])
    expect(result).toMatchObject({ code: 0 })
    expect(line.cuts()).toBe(1)
    const resumed = line.requests().filter((head) => /^PATCH [\s\S]*\r\nContent-Range: [1-9]\d+-/i.test(head))
    expect(resumed).toHaveLength(1)
  })

  it('says after ^C how to go on, has tagged nothing, and does go on where it was', async () => {
    const line = await openLine(kontor)
    const stalled = line.stallAfter('sent', 5_000_000)
    const command = ['cp', `${kontor.host}/acme/web:1.2`, `${line.host}/other/stopped:1`]
    const first = user.start(command)
    await stalled
    first.interrupt()
    const result = await first.ended
    expect(result).toMatchObject({ code: 130, stdout: '' })
    expect(result.stderr).toContain(
      `error: interrupted; the same command goes on where it was: kontor ${command.join(' ')}\n`,
    )
    expect((await pull(kontor, '/v2/other/stopped/manifests/1')).status).toBe(404)
    expect(await readdir(join(user.home, '.cache', 'kontor', 'transfers'))).toHaveLength(1)

    line.release()
    const before = line.sent()
    const second = await user.kontor(command)
    expect(second).toMatchObject({ code: 0 })
    expect(line.sent() - before).toBeLessThan(ALL_LAYERS - 3_000_000)
    expect(await readdir(join(user.home, '.cache', 'kontor', 'transfers'))).toEqual([])
  })

  it('only says what it would do on a dry run', async () => {
    const result = await user.kontor(['cp', '--dry-run', `${kontor.host}/acme/web:1.2`, `${other.host}/copies/dry:1`])
    expect(result).toEqual({
      code: 0,
      stdout: '',
      stderr: `would copy 7 manifests and 10 blobs (9.00MB) to ${other.host}/copies/dry:1@${image.index}\n`,
    })
    expect((await pull(other, '/v2/copies/dry/manifests/1')).status).toBe(404)
  })

  it('refuses with the code for the reason', async () => {
    const to = `${other.host}/copies/refused:1`
    expect(await user.kontor(['cp', `${kontor.host}/acme/web:9`, to])).toMatchObject({ code: 3 })
    expect(await user.kontor(['cp', 'acme/Web:9', to])).toMatchObject({ code: 2 })
    expect(await user.kontor(['cp', '--platform', 'linux/s390x', `${kontor.host}/acme/web:1.2`, to])).toMatchObject({
      code: 3,
    })
    expect(await user.kontor(['cp', `localhost:1/acme/web:1.2`, to])).toMatchObject({ code: 10 })
    const stranger = await createCliUser()
    const refused = await stranger.kontor(['cp', `${kontor.host}/acme/web:1.2`, to])
    expect(refused.code).toBe(4)
    expect(refused.stderr).toContain(`try: kontor login ${kontor.host}`)
    await stranger.leave()
  })

  it('shows a token to no registry but the one that it is for', async () => {
    const command = ['cp', `${kontor.host}/acme/web:1.2`, `${other.host}/copies/token:1`]
    const unclear = await user.kontor(command, { env: { KONTOR_TOKEN: 'secret' } })
    expect(unclear).toMatchObject({ code: 2, stdout: '' })
    expect(unclear.stderr).toContain('set KONTOR_SERVER to the one that it is for')
    const forAnother = await user.kontor(command, {
      env: { KONTOR_TOKEN: 'secret', KONTOR_SERVER: 'kontor.example.com' },
    })
    expect(forAnother).toMatchObject({ code: 0 })
  })
})
