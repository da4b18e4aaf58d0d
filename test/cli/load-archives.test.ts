import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  archivedImage,
  archivedIndex,
  blobEntries,
  dockerArchive,
  indexEntry,
  LAYOUT_FILE,
  ociLayout,
  refName,
  type TarEntryOptions,
  tarOf,
} from '../support/archives.ts'
import type { CliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { createLoggedIn } from '../support/logged-in.ts'
import { pull } from '../support/pulled-content.ts'
import { basic } from '../support/server.ts'

const WEB = archivedImage('web')
const DB = archivedImage('db')

let kontor: Kontor
let user: CliUser
let count = 0
/** The digests that they get from the server when they come out of docker's archives, which have no manifests. */
let webOfDocker = ''
let dbOfDocker = ''

beforeAll(async () => {
  kontor = await startKontor()
  user = await createLoggedIn(kontor)
  await mkdir(join(user.home, 'archives'))
  const list = [WEB, DB].map((image, index) => ({ image, repoTags: [`docker/both:${index}`] }))
  const digests = await imported(tarOf(dockerArchive(list)), 'docker/both')
  webOfDocker = digests[0] ?? ''
  dbOfDocker = digests[1] ?? ''
})

beforeEach(() => {
  count += 1
})

afterAll(async () => {
  await user?.leave()
  await kontor?.stop()
})

/** Writes an archive that no other test has. */
async function write(content: readonly TarEntryOptions[] | Buffer): Promise<string> {
  const file = join(user.home, 'archives', `${count}.tar`)
  await writeFile(file, Buffer.isBuffer(content) ? content : tarOf(content))
  return file
}

async function printed(...arguments_: readonly string[]): Promise<readonly string[]> {
  const result = await user.kontor(['load', ...arguments_])
  expect(result).toMatchObject({ code: 0 })
  return result.stdout.trim().split('\n')
}

/** What the server makes of an archive that it is sent whole. */
async function imported(archive: Buffer, repository: string): Promise<readonly string[]> {
  const form = new FormData()
  form.set('archive', new Blob([new Uint8Array(archive)]))
  const response = await fetch(`${kontor.url}/api/v1/repositories/${encodeURIComponent(repository)}/import`, {
    method: 'POST',
    headers: { Authorization: basic(kontor.username, kontor.password) },
    body: form,
  })
  const { images } = (await response.json()) as { images: readonly { digest: string }[] }
  return images.map(({ digest }) => digest)
}

function layoutNamed(annotations: Record<string, string>): readonly TarEntryOptions[] {
  return [LAYOUT_FILE, indexEntry([{ image: WEB, annotations }]), ...blobEntries([WEB])]
}

describe('the names of an archive', () => {
  it('are found as containerd, and as skopeo writes them', async () => {
    const at = (name: string) => [`${kontor.host}/${name}@${WEB.digest}`]
    const name = 'io.containerd.image.name'
    expect(await printed(await write(layoutNamed({ ...refName('1'), [name]: 'docker.io/named/web:1' })))).toEqual(
      at('named/web:1'),
    )
    count += 1
    expect(await printed(await write(layoutNamed(refName('named/skopeo:1.0'))))).toEqual(at('named/skopeo:1.0'))
    count += 1
    expect(await printed(await write(layoutNamed(refName('localhost:5000/named/host:2'))))).toEqual(at('named/host:2'))
    count += 1
    expect(await printed(await write(layoutNamed({ [name]: 'nginx:3' })))).toEqual(at('library/nginx:3'))
  })

  it('must be given where there are none', async () => {
    const file = await write(ociLayout(WEB, '1.0'))
    expect(await user.kontor(['load', file])).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: ${file} does not say what its images are called; name the repository: kontor load ${file} acme/web\n`,
    })
    expect(await printed(file, 'named/given')).toEqual([`${kontor.host}/named/given:1.0@${WEB.digest}`])
  })

  it('lead each image into its own repository, under its own tag', async () => {
    const file = await write(
      dockerArchive([
        { image: WEB, repoTags: ['several/web:1', 'several/front:2'] },
        { image: DB, repoTags: ['several/db:3'] },
      ]),
    )
    expect(await printed(file)).toEqual([
      `${kontor.host}/several/web:1@${webOfDocker}`,
      `${kontor.host}/several/front:2@${webOfDocker}`,
      `${kontor.host}/several/db:3@${dbOfDocker}`,
    ])
    expect((await pull(kontor, '/v2/several/web/manifests/2')).status).toBe(404)
  })

  it('are too many for one tag', async () => {
    const roots = [WEB, DB].map((image, index) => ({ image, annotations: refName(`v${index}`) }))
    const file = await write([LAYOUT_FILE, indexEntry(roots), ...blobEntries([WEB, DB])])
    const refused = await user.kontor(['load', file, 'several/one:1'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('it has 2 images, and the tag 1 can lead to one only; leave the tag out')
    expect(await printed(file, 'several/one')).toEqual([
      `${kontor.host}/several/one:v0@${WEB.digest}`,
      `${kontor.host}/several/one:v1@${DB.digest}`,
    ])
  })
})

describe('an archive of docker save', () => {
  it('becomes the same image whether the client or the server reads it', async () => {
    const archive = dockerArchive([{ image: WEB, repoTags: ['docker/web:1'] }])
    expect(await printed(await write(archive))).toEqual([`${kontor.host}/docker/web:1@${webOfDocker}`])
    count += 1
    expect(await printed(await write(gzipSync(tarOf(archive))), 'docker/packed')).toEqual([
      `${kontor.host}/docker/packed:1@${webOfDocker}`,
    ])
  })

  it('may have links between its layers', async () => {
    const archive = dockerArchive([{ image: WEB, repoTags: ['docker/linked:1'] }])
    const [layer, ...others] = archive
    const linked = [
      { name: 'kept.tar', content: layer?.content ?? '' },
      { name: layer?.name ?? '', typeFlag: '2', linkName: '../kept.tar' },
    ]
    expect(await printed(await write([...linked, ...others]))).toEqual([
      `${kontor.host}/docker/linked:1@${webOfDocker}`,
    ])
  })

  it('is refused when a layer is not the one of the configuration', async () => {
    const archive = dockerArchive([{ image: WEB, repoTags: ['docker/wrong:1'] }])
    const wrong = archive.map((entry, index) => (index === 0 ? { ...entry, content: 'x'.repeat(3000) } : entry))
    const refused = await user.kontor(['load', await write(wrong)])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('is something else; it is damaged, make it again (ARCHIVE_INVALID)')
    expect((await pull(kontor, '/v2/docker/wrong/manifests/1')).status).toBe(404)
  })

  it('is read by its list where its layout names what was never on that machine', async () => {
    const list = dockerArchive([{ image: WEB, repoTags: ['docker/part:1'] }])
    const layout = [LAYOUT_FILE, indexEntry([{ image: archivedIndex([WEB, DB]), annotations: refName('1') }])]
    const file = await write([...layout, ...list])
    expect(await printed(file)).toEqual([`${kontor.host}/docker/part:1@${webOfDocker}`])
  })
})
