import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { type ContainerdDaemon, startContainerdDaemon } from './containerd-daemon.ts'
import { differences, type ImageBytes, readImageBytes } from './image-bytes.ts'
import { type SampleImage, sampleImage, writeArchive } from './images.ts'

describe.each(transports)('containerd over %s', (transport) => {
  let registry: ClientRegistry
  /** The client of the containerd that pushes, and of one that has never seen what it pulls. */
  let ctr: Client
  let freshCtr: Client
  let busybox: SampleImage
  let twoPlatforms: SampleImage

  const name = (repository: string) => `${registry.strictHost}/${repository}`
  const user = (password: string) => ['--user', `${registry.username}:${password}`]
  const reach = () => (registry.caFile === undefined ? ['--plain-http'] : ['--tlscacert', registry.caFile])
  const asUser = () => [...reach(), ...user(registry.password)]

  /** Puts an image into the pushing containerd under `reference`. */
  const load = async (image: SampleImage, reference: string) => {
    const archive = await writeArchive(image, 'oci-archive', reference, await registry.newDirectory())
    await ctr.ok(['images', 'import', '--all-platforms', '--no-unpack', archive])
  }
  const client = (daemon: ContainerdDaemon) => registry.client('ctr', { globalArgs: ['--address', daemon.address] })

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    ctr = await client(registry.adopt(await startContainerdDaemon()))
    freshCtr = await client(registry.adopt(await startContainerdDaemon()))
    busybox = await sampleImage('busybox')
    twoPlatforms = await sampleImage('two-platforms')
  })
  afterAll(() => registry.stop())

  test('is told that its password is wrong', async () => {
    await load(busybox, name('containerd/mistaken:1'))
    const mistaken = [...reach(), ...user(`not-${registry.password}`)]
    await ctr.refused(['images', 'push', ...mistaken, name('containerd/mistaken:1')])
  })

  test('pushes an index with all its platforms, which another containerd pulls byte for byte', async () => {
    const reference = name('containerd/index:1')
    await load(twoPlatforms, reference)
    await ctr.ok(['images', 'push', ...asUser(), reference])
    expect(differences(twoPlatforms.bytes, await registry.reader.image('containerd/index', '1'))).toEqual([])

    await freshCtr.ok(['images', 'pull', ...asUser(), '--all-platforms', reference])
    expect(differences(twoPlatforms.bytes, await stored(freshCtr, twoPlatforms.digest))).toEqual([])
  })

  test('pushes and pulls an image of a whole Debian system', async () => {
    const debian = await sampleImage('debian')
    await load(debian, name('containerd/debian:12'))
    await ctr.ok(['images', 'push', ...asUser(), name('containerd/debian:12')])
    await freshCtr.ok(['images', 'pull', ...asUser(), name('containerd/debian:12')])
    expect(differences(debian.bytes, await stored(freshCtr, debian.digest))).toEqual([])
  })

  test('pushes the same image under a second tag and to a second repository', async () => {
    await load(busybox, name('containerd/first:1'))
    await ctr.ok(['images', 'push', ...asUser(), name('containerd/first:1')])
    for (const other of ['containerd/first:2', 'containerd/second:1']) {
      await ctr.ok(['images', 'tag', name('containerd/first:1'), name(other)])
      await ctr.ok(['images', 'push', ...asUser(), name(other)])
    }
    expect(await registry.reader.tags('containerd/first')).toEqual(['1', '2'])
    expect(differences(busybox.bytes, await registry.reader.image('containerd/second', '1'))).toEqual([])
  })

  test('pulls by digest', async () => {
    await load(busybox, name('containerd/digest:1'))
    await ctr.ok(['images', 'push', ...asUser(), name('containerd/digest:1')])
    await freshCtr.ok(['images', 'pull', ...asUser(), name(`containerd/digest@${busybox.digest}`)])
  })

  test('pulls through the registry as a mirror of another one', async () => {
    await load(busybox, name('mirrored/busybox:1'))
    await ctr.ok(['images', 'push', ...asUser(), name('mirrored/busybox:1')])
    // Each request then carries ?ns=upstream.example, the registry that the image's name says.
    const hosts = join(await registry.newDirectory(), 'upstream.example')
    await mkdir(hosts)
    const mirror = [
      'server = "https://upstream.example"',
      `[host."${registry.url.replace(registry.host, registry.strictHost)}"]`,
      'capabilities = ["pull", "resolve"]',
    ]
    const ca = registry.caFile === undefined ? [] : [`ca = "${registry.caFile}"`]
    await writeFile(join(hosts, 'hosts.toml'), `${[...mirror, ...ca].join('\n')}\n`)
    const reach = ['--hosts-dir', join(hosts, '..'), ...user(registry.password)]
    await freshCtr.ok(['images', 'pull', ...reach, 'upstream.example/mirrored/busybox:1'])
    expect(differences(busybox.bytes, await stored(freshCtr, busybox.digest))).toEqual([])
  })

  test('may not read or write without credentials', async () => {
    await load(busybox, name('containerd/private:1'))
    await ctr.ok(['images', 'push', ...asUser(), name('containerd/private:1')])
    await freshCtr.refused(['images', 'pull', ...reach(), name('containerd/private:1')])
    await ctr.refused(['images', 'push', ...reach(), name('containerd/private:1')])
  })
})

/** Reads an image out of a containerd's content store. */
function stored(ctr: Client, digest: string): Promise<ImageBytes> {
  const part = async (partDigest: string) => (await ctr.ok(['content', 'get', partDigest])).stdoutBytes
  return readImageBytes(digest, { manifest: part, blob: part })
}
