import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { configDigest, unpackedLayerDigests } from './image-bytes.ts'
import { sampleImage, writeArchive } from './images.ts'

describe.each(transports)('podman over %s', (transport) => {
  let registry: ClientRegistry
  let podman: Client
  let freshPodman: Client

  const name = (repository: string) => `${registry.host}/${repository}`
  const login = async () => {
    const loggedIn = await registry.client('podman')
    await loggedIn.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
    return loggedIn
  }

  /** Builds an image that no other test has. */
  const build = async (reference: string) => {
    const context = await registry.newDirectory()
    await writeFile(join(context, 'owner'), reference)
    await writeFile(join(context, 'Containerfile'), 'FROM scratch\nCOPY owner /owner\nCMD ["/owner"]\n')
    await podman.ok(['build', '--tag', reference, context])
  }
  const inspect = async (from: Client, reference: string) => {
    const { stdout } = await from.ok([
      'image',
      'inspect',
      '--format',
      '{{.Id}} {{.Digest}} {{.RootFS.Layers}}',
      reference,
    ])
    const [id, digest, ...layers] = stdout.replaceAll(/[[\]]/g, ' ').trim().split(/\s+/)
    return { id, digest, layers }
  }

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    podman = await login()
    freshPodman = await login()
  })
  afterAll(() => registry.stop())

  test('stores the credentials of a login', async () => {
    const stored = JSON.parse(await readFile(join(podman.home, 'auth.json'), 'utf8')) as unknown
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64')
    expect(stored).toMatchObject({ auths: { [registry.host]: { auth } } })
  })

  test('is told at login that its password is wrong', async () => {
    const mistaken = await registry.client('podman')
    await mistaken.refused(['login', ...registry.loginFlags, registry.host], registry.wrongPassword)
  })

  test.each(['oci', 'v2s2'])('pushes an image in the format %s and pulls it into fresh storage', async (format) => {
    const reference = name(`podman/${format}:1`)
    await build(reference)
    await podman.ok(['push', '--format', format, '--digestfile', 'digest', reference])
    const pushed = await registry.reader.image(`podman/${format}`, '1')
    expect(pushed.digest).toBe(await readFile(join(podman.home, 'digest'), 'utf8'))
    const local = await inspect(podman, reference)
    expect(unpackedLayerDigests(pushed)).toEqual(local.layers)

    await freshPodman.ok(['pull', reference])
    const pulled = await inspect(freshPodman, reference)
    expect(pulled.digest).toBe(pushed.digest)
    expect(`sha256:${pulled.id}`).toBe(configDigest(pushed))
  })

  test('pushes and pulls an image of a whole Debian system', async () => {
    const debian = await sampleImage('debian')
    const archive = await writeArchive(
      debian,
      'docker-archive',
      name('podman/debian:12'),
      await registry.newDirectory(),
    )
    await podman.ok(['load', '--input', archive])
    await podman.ok(['push', name('podman/debian:12')])
    const pushed = await registry.reader.image('podman/debian', '12')
    expect(unpackedLayerDigests(pushed)).toEqual(unpackedLayerDigests(debian.bytes))

    await freshPodman.ok(['pull', name('podman/debian:12')])
    expect((await inspect(freshPodman, name('podman/debian:12'))).digest).toBe(pushed.digest)
  })

  test('pulls the image of a platform that is not its own out of an index', async () => {
    const index = await sampleImage('two-platforms')
    await podman.ok(['manifest', 'create', 'list'])
    await podman.ok(['manifest', 'add', '--all', 'list', index.reference])
    await podman.ok(['manifest', 'push', '--all', 'list', `docker://${name('podman/index:1')}`])
    await freshPodman.ok(['pull', '--arch', 'arm64', name('podman/index:1')])
    const architecture = ['image', 'inspect', '--format', '{{.Architecture}}', name('podman/index:1')]
    expect((await freshPodman.ok(architecture)).stdout.trim()).toBe('arm64')
  })

  test('lists the tags of a repository', async () => {
    await build(name('podman/tags:1'))
    await podman.ok(['tag', name('podman/tags:1'), name('podman/tags:latest')])
    await podman.ok(['push', name('podman/tags:1')])
    await podman.ok(['push', name('podman/tags:latest')])
    const { stdout } = await podman.ok(['search', '--list-tags', '--format', 'json', name('podman/tags')])
    expect(JSON.parse(stdout)).toEqual([{ Name: name('podman/tags'), Tags: ['1', 'latest'] }])
  })

  test('searches the catalog with its credentials', async () => {
    await build(name('podman/findable:1'))
    await podman.ok(['push', name('podman/findable:1')])
    const { stdout } = await podman.ok(['search', '--format', '{{.Name}}', name('findable')])
    expect(stdout.trim()).toBe(name('podman/findable'))
    const stranger = await registry.client('podman')
    expect((await stranger.ok(['search', '--format', '{{.Name}}', name('findable')])).stdout.trim()).toBe('')
  })

  test('pulls from a public repository without credentials', async () => {
    await build(name('podman/public:1'))
    await podman.ok(['push', name('podman/public:1')])
    await registry.api.publish('podman/public')
    const stranger = await registry.client('podman')
    await stranger.ok(['pull', name('podman/public:1')])
  })

  test('may not read or write without credentials', async () => {
    await build(name('podman/private:1'))
    await podman.ok(['push', name('podman/private:1')])
    const stranger = await registry.client('podman')
    await stranger.refused(['pull', name('podman/private:1')])
    await podman.ok(['logout', registry.host])
    await podman.refused(['push', name('podman/private:1')])
  })
})
