import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  archivedImage,
  archivedIndex,
  dockerArchive,
  indexEntry,
  LAYOUT_FILE,
  refName,
  tarOf,
} from '../support/archives.ts'
import type { CliUser } from '../support/cli.ts'
import { type DockerRegistry, HAS_DOCKER_REGISTRY, startDockerRegistry } from '../support/docker-registry.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { createLoggedIn } from '../support/logged-in.ts'
import { pull, pulledBytes, pulledDigests } from '../support/pulled-content.ts'
import { pushSignedImage, type SignedImage } from '../support/signed-image.ts'

let kontor: Kontor
let other: DockerRegistry
let user: CliUser
let image: SignedImage
/** Everything of the image, as `kontor save --referrers` has written it. */
let file: string

beforeAll(async () => {
  if (!HAS_DOCKER_REGISTRY) return
  kontor = await startKontor()
  other = await startDockerRegistry()
  user = await createLoggedIn(kontor)
  image = await pushSignedImage({ url: kontor.url, login: kontor }, 'acme/web', '1.2', { layerBytes: 300_000 })
  file = join(user.home, 'web.tar')
  expect(await user.kontor(['save', '--referrers', 'acme/web:1.2', '-o', file])).toMatchObject({ code: 0 })
})

afterAll(async () => {
  await user?.leave()
  await other?.stop()
  await kontor?.stop()
})

/** What of a repository makes up the image, but for its tag. */
function parts(): readonly string[] {
  const manifests = [...image.manifests, image.companion.tag].map((reference) => `manifests/${reference}`)
  return [...manifests, ...image.blobs.map((digest) => `blobs/${digest}`)]
}

async function expectSame(registry: Kontor | DockerRegistry, repository: string, tag: string): Promise<void> {
  for (const path of parts()) {
    const original = await pulledBytes(kontor, `/v2/acme/web/${path}`)
    expect(original).toMatch(/^200 ./)
    expect(await pulledBytes(registry, `/v2/${repository}/${path}`)).toBe(original)
  }
  expect(await pulledBytes(registry, `/v2/${repository}/manifests/${tag}`)).toBe(
    await pulledBytes(kontor, '/v2/acme/web/manifests/1.2'),
  )
}

describe.skipIf(!HAS_DOCKER_REGISTRY)('kontor load', () => {
  it('brings all platforms, signatures and SBOMs into another registry, byte for byte', async () => {
    const result = await user.kontor(['load', file, `${other.host}/copies/web:2`])
    expect(result).toMatchObject({ code: 0, stdout: `${other.host}/copies/web:2@${image.index}\n` })
    expect(result.stderr.replace(/\d+kB/, 'so much').replace(/in [\d.]+ s/, 'in a moment')).toBe(
      `loading ${file} into ${other.host}/copies/web:2\n` +
        'loaded 1 image (so much; 10 blobs new, 0 there already) in a moment\n',
    )
    await expectSame(other, 'copies/web', '2')
    // A registry that lists no referrers has them under a tag.
    const tag = `sha256-${image.amd64.slice('sha256:'.length)}`
    expect(await pulledDigests(other, `/v2/copies/web/manifests/${tag}`)).toEqual([image.sbom])
  })

  it('brings them into another Kontor, where they are listed', async () => {
    const result = await user.kontor(['load', file, 'back/web'])
    const companion = `${kontor.host}/back/web:${image.companion.tag}@${image.companion.digest}`
    expect(result).toMatchObject({
      code: 0,
      stdout: `${kontor.host}/back/web:1.2@${image.index}\n${companion}\n`,
    })
    await expectSame(kontor, 'back/web', '1.2')
    expect(await pulledDigests(kontor, `/v2/back/web/referrers/${image.amd64}`)).toEqual([image.sbom])
    expect(await pulledDigests(kontor, `/v2/back/web/referrers/${image.sbom}`)).toEqual([image.sbomSignature])
    expect(await pulledDigests(kontor, `/v2/back/web/referrers/${image.index}`)).toEqual([image.signature])
  })

  it('says that what is compressed needs a Kontor, before it sends anything', async () => {
    const packed = join(user.home, 'web.tar.gz')
    await writeFile(packed, gzipSync(await readFile(file)))
    expect(await user.kontor(['load', packed, `${other.host}/copies/packed:1`])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `loading ${packed} into ${other.host}/copies/packed:1\n` +
        `error: ${packed} cannot be loaded into ${other.host}, which is no Kontor: it is compressed; ` +
        'any registry is sent the images of a plain archive that is a file\n',
    })
  })

  it('takes the image that is there where a registry wants all that an index names', async () => {
    const [web, db] = [archivedImage('web'), archivedImage('db')]
    const index = archivedIndex([web, db])
    const layout = [LAYOUT_FILE, indexEntry([{ image: index, annotations: refName('1') }])]
    const list = dockerArchive([{ image: web, repoTags: ['copies/part:1'] }])
    const part = join(user.home, 'part.tar')
    // The index is in the archive, and so are its image's own files, but none of its manifests.
    const entry = { name: `blobs/${index.digest.replace(':', '/')}`, content: index.manifest }
    await writeFile(part, tarOf([...layout, entry, ...list]))
    const elsewhere = await user.kontor(['load', part, `${other.host}/copies/part`])
    expect(elsewhere.code).toBe(0)
    expect(elsewhere.stdout).toMatch(new RegExp(`^${other.host}/copies/part:1@sha256:[0-9a-f]{64}\n$`))
    expect(elsewhere.stdout).not.toContain(index.digest)
    // A Kontor takes the index, and says what it lacks.
    const here = await user.kontor(['load', part, 'copies/part'])
    expect(here).toMatchObject({ code: 0, stdout: `${kontor.host}/copies/part:1@${index.digest}\n` })
    expect(here.stderr).toContain('note: this index names 2 manifest(s) that the repository does not have')
    expect((await pull(kontor, '/v2/copies/part/manifests/1')).status).toBe(200)
  })
})
