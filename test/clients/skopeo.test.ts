import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { differences } from './image-bytes.ts'
import { readLayout, type SampleImage, sampleImage } from './images.ts'

describe.each(transports)('skopeo over %s', (transport) => {
  let registry: ClientRegistry
  let skopeo: Client
  let busybox: SampleImage
  let twoPlatforms: SampleImage

  const name = (repository: string) => `docker://${registry.host}/${repository}`

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    skopeo = await registry.client('skopeo')
    await skopeo.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
    busybox = await sampleImage('busybox')
    twoPlatforms = await sampleImage('two-platforms')
  })
  afterAll(() => registry.stop())

  test('is told at login that its password is wrong', async () => {
    const mistaken = await registry.client('skopeo')
    await mistaken.refused(['login', ...registry.loginFlags, registry.host], registry.wrongPassword)
    await mistaken.refused(['list-tags', name('skopeo/any')])
  })

  test('copies an image there and back byte for byte', async () => {
    await skopeo.ok(['copy', busybox.reference, name('skopeo/app:1')])
    expect(differences(busybox.bytes, await registry.reader.image('skopeo/app', '1'))).toEqual([])

    const target = join(await registry.newDirectory(), 'layout')
    await skopeo.ok(['copy', name('skopeo/app:1'), `oci:${target}:latest`])
    expect(differences(busybox.bytes, (await readLayout(target)).bytes)).toEqual([])
  })

  test('copies an index with all its platforms there and back byte for byte', async () => {
    await skopeo.ok(['copy', '--all', twoPlatforms.reference, name('skopeo/index:1')])
    expect(differences(twoPlatforms.bytes, await registry.reader.image('skopeo/index', '1'))).toEqual([])

    const target = join(await registry.newDirectory(), 'layout')
    await skopeo.ok(['copy', '--all', name('skopeo/index:1'), `oci:${target}:latest`])
    expect(differences(twoPlatforms.bytes, (await readLayout(target)).bytes)).toEqual([])
  })

  test('copies an image of a whole Debian system', async () => {
    const debian = await sampleImage('debian')
    await skopeo.ok(['copy', debian.reference, name('skopeo/debian:12')])
    expect(differences(debian.bytes, await registry.reader.image('skopeo/debian', '12'))).toEqual([])
  })

  test('copies between repositories without sending the blobs again', async () => {
    await skopeo.ok(['copy', '--all', twoPlatforms.reference, name('skopeo/from:1')])
    const { output } = await skopeo.ok(['--debug', 'copy', '--all', name('skopeo/from:1'), name('skopeo/to/deeper:1')])
    expect(output).toMatch(/POST \S+\/v2\/skopeo\/to\/deeper\/blobs\/uploads\/\?\S*mount=/)
    // Only the configs travel: one for each platform.
    expect(output.match(/PATCH/g)).toHaveLength(2)
    expect(differences(twoPlatforms.bytes, await registry.reader.image('skopeo/to/deeper', '1'))).toEqual([])
  })

  test('converts an image to the Docker format on the way', async () => {
    await skopeo.ok(['copy', '--format', 'v2s2', busybox.reference, name('skopeo/docker:1')])
    const { mediaType } = await registry.reader.manifest('skopeo/docker', '1')
    expect(mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
    await skopeo.ok(['inspect', name('skopeo/docker:1')])
  })

  test('inspects an image and lists the tags of its repository', async () => {
    await skopeo.ok(['copy', busybox.reference, name('skopeo/look:1')])
    await skopeo.ok(['copy', busybox.reference, name('skopeo/look:latest')])
    const inspected = JSON.parse((await skopeo.ok(['inspect', name('skopeo/look:1')])).stdout) as unknown
    expect(inspected).toMatchObject({ Digest: busybox.digest, RepoTags: ['1', 'latest'] })

    const { stdout: raw } = await skopeo.ok(['inspect', '--raw', name(`skopeo/look@${busybox.digest}`)])
    expect(raw).toBe(busybox.bytes.parts.get(busybox.digest)?.toString())

    const { stdout: tags } = await skopeo.ok(['list-tags', name('skopeo/look')])
    expect(JSON.parse(tags)).toMatchObject({ Tags: ['1', 'latest'] })
  })

  test('syncs a repository to a directory and the directory to another registry path', async () => {
    await skopeo.ok(['copy', '--all', twoPlatforms.reference, name('skopeo/sync:1')])
    await skopeo.ok(['copy', busybox.reference, name('skopeo/sync:2')])
    const directory = await registry.newDirectory()
    const source = `${registry.host}/skopeo/sync`
    await skopeo.ok(['sync', '--all', '--src', 'docker', '--dest', 'dir', source, directory])
    await skopeo.ok(['sync', '--all', '--src', 'dir', '--dest', 'docker', directory, `${registry.host}/synced`])
    expect(differences(twoPlatforms.bytes, await registry.reader.image('synced/sync', '1'))).toEqual([])
    expect(differences(busybox.bytes, await registry.reader.image('synced/sync', '2'))).toEqual([])
  })

  test('deletes an image', async () => {
    await skopeo.ok(['copy', busybox.reference, name('skopeo/gone:1')])
    await skopeo.ok(['delete', name('skopeo/gone:1')])
    const { output } = await skopeo.fails(['inspect', name('skopeo/gone:1')])
    expect(output).toMatch(/manifest unknown/i)
  })

  test('may not read or write without credentials', async () => {
    await skopeo.ok(['copy', busybox.reference, name('skopeo/private:1')])
    const stranger = await registry.client('skopeo')
    await stranger.refused(['inspect', name('skopeo/private:1')])
    await stranger.refused(['copy', name('skopeo/private:1'), `dir:${stranger.home}/stolen`])
    await stranger.refused(['copy', busybox.reference, name('skopeo/private:2')])
  })

  test('pushes a name without a namespace into library', async () => {
    await skopeo.ok(['copy', busybox.reference, name('busybox:skopeo')])
    expect(differences(busybox.bytes, await registry.reader.image('library/busybox', 'skopeo'))).toEqual([])
  })
})
