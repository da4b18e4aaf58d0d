import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { differences, sha256Digest } from './image-bytes.ts'
import { readLayout, type SampleImage, sampleImage } from './images.ts'

describe.each(transports)('regctl over %s', (transport) => {
  let registry: ClientRegistry
  let regctl: Client
  let busybox: SampleImage
  let twoPlatforms: SampleImage

  const name = (repository: string) => `${registry.host}/${repository}`
  const layout = (image: SampleImage) => `ocidir://${image.directory}:latest`
  const login = ['registry', 'login', '--pass-stdin', '--user']

  /** A client without credentials; `settings` are those of the registry. */
  const newClient = async (settings: readonly string[] = []) => {
    const client = await registry.client('regctl')
    const tls = transport === 'http' ? 'disabled' : 'enabled'
    await client.ok(['registry', 'set', '--skip-check', '--tls', tls, ...settings, registry.host])
    return client
  }
  const newUser = async (settings: readonly string[] = []) => {
    const client = await newClient(settings)
    await client.ok([...login, registry.username, registry.host], registry.rightPassword)
    return client
  }

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    regctl = await newUser()
    busybox = await sampleImage('busybox')
    twoPlatforms = await sampleImage('two-platforms')
  })
  afterAll(() => registry.stop())

  test('is told at login that its password is wrong', async () => {
    const mistaken = await newClient()
    await mistaken.refused([...login, registry.username, registry.host], registry.wrongPassword)
  })

  test('copies an index with all its platforms there and back byte for byte', async () => {
    await regctl.ok(['image', 'copy', layout(twoPlatforms), name('regctl/index:1')])
    expect(differences(twoPlatforms.bytes, await registry.reader.image('regctl/index', '1'))).toEqual([])

    const target = join(await registry.newDirectory(), 'layout')
    await regctl.ok(['image', 'copy', name('regctl/index:1'), `ocidir://${target}:latest`])
    expect(differences(twoPlatforms.bytes, (await readLayout(target)).bytes)).toEqual([])
  })

  test('copies an image with its referrers from repository to repository', async () => {
    await regctl.ok(['image', 'copy', layout(busybox), name('regctl/from:1')])
    const attach = ['artifact', 'put', '--artifact-type', 'application/vnd.example.note', '--subject']
    await regctl.ok([...attach, name('regctl/from:1')], { input: 'a note' })
    await regctl.ok(['image', 'copy', '--referrers', name('regctl/from:1'), name('regctl/to:1')])

    const original = await registry.reader.referrers('regctl/from', busybox.digest)
    expect(original).toMatchObject([{ artifactType: 'application/vnd.example.note' }])
    expect(await registry.reader.referrers('regctl/to', busybox.digest)).toEqual(original)
    expect(await registry.reader.tags('regctl/to')).toEqual(['1'])
    const { stdout: tree } = await regctl.ok(['artifact', 'tree', name('regctl/to:1')])
    expect(tree).toContain('application/vnd.example.note')
  })

  test('uploads a blob in chunks', async () => {
    const content = Buffer.from(Array.from({ length: 1_000_003 }, (_, index) => index % 251))
    const chunking = await newUser(['--blob-chunk', '300000', '--blob-max', '500000'])
    const { stdout } = await chunking.ok(['blob', 'put', name('regctl/chunks')], { input: content })
    expect(stdout.trim()).toBe(sha256Digest(content))

    expect((await registry.reader.blob('regctl/chunks', sha256Digest(content))).equals(content)).toBe(true)
  })

  test('exports an image as an archive and imports it under another name', async () => {
    await regctl.ok(['image', 'copy', layout(twoPlatforms), name('regctl/export:1')])
    await regctl.ok(['image', 'export', name('regctl/export:1'), 'image.tar'])
    await regctl.ok(['image', 'import', name('regctl/import:1'), 'image.tar'])
    expect(differences(twoPlatforms.bytes, await registry.reader.image('regctl/import', '1'))).toEqual([])
  })

  test('reads a file out of a layer', async () => {
    await regctl.ok(['image', 'copy', layout(twoPlatforms), name('regctl/file:1')])
    const getFile = ['image', 'get-file', '--platform', 'linux/arm64', name('regctl/file:1'), '/etc/platform']
    await regctl.ok([...getFile, 'platform'])
    expect(await readFile(join(regctl.home, 'platform'), 'utf8')).toBe('arm64\n')
  })

  test('changes an image in the registry', async () => {
    await regctl.ok(['image', 'copy', layout(busybox), name('regctl/mod:1')])
    await regctl.ok(['image', 'mod', '--create', '2', '--annotation', 'example.note=changed', name('regctl/mod:1')])
    const { bytes } = await registry.reader.manifest('regctl/mod', '2')
    expect(JSON.parse(bytes.toString())).toMatchObject({ annotations: { 'example.note': 'changed' } })
  })

  test('lists repositories and tags, and removes a tag but not the image', async () => {
    await regctl.ok(['image', 'copy', layout(busybox), name('regctl/tags:1')])
    await regctl.ok(['image', 'copy', layout(busybox), name('regctl/tags:2')])
    expect((await regctl.ok(['tag', 'ls', name('regctl/tags')])).stdout).toBe('1\n2\n')
    expect((await regctl.ok(['repo', 'ls', registry.host])).stdout.split('\n')).toContain('regctl/tags')

    await regctl.ok(['tag', 'delete', name('regctl/tags:1')])
    expect(await registry.reader.tags('regctl/tags')).toEqual(['2'])
    await regctl.ok(['manifest', 'head', name(`regctl/tags@${busybox.digest}`)])
  })

  test('deletes an image, whose tags go with it', async () => {
    await regctl.ok(['image', 'copy', layout(busybox), name('regctl/gone:1')])
    await regctl.ok(['manifest', 'delete', name(`regctl/gone@${busybox.digest}`)])
    await regctl.fails(['manifest', 'head', name('regctl/gone:1')])
    expect(await registry.reader.tags('regctl/gone')).toEqual([])
  })

  test('may not read or write without credentials', async () => {
    await regctl.ok(['image', 'copy', layout(busybox), name('regctl/private:1')])
    const stranger = await newClient()
    await stranger.refused(['manifest', 'get', name('regctl/private:1')])
    await stranger.refused(['tag', 'ls', name('regctl/private')])
    await stranger.refused(['image', 'copy', layout(busybox), name('regctl/private:2')])
  })
})
