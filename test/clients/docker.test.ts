import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { type DockerDaemon, startDockerDaemon } from './docker-daemon.ts'
import { configDigest, parseManifest, unpackedLayerDigests } from './image-bytes.ts'
import { sampleImage, writeArchive } from './images.ts'
import { requireDockerClients, requireTool } from './tools.ts'

const dockerClients = requireDockerClients().map((command, index) => [command, `user${index}`] as const)

describe.each(transports)('docker over %s', (transport) => {
  let registry: ClientRegistry
  /** The engine that pushes, and one that has never seen what it pulls. */
  let engine: DockerDaemon
  let freshEngine: DockerDaemon

  const name = (repository: string) => `${registry.strictHost}/${repository}`

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    engine = registry.adopt(await startDockerDaemon(registry.caFile))
    freshEngine = registry.adopt(await startDockerDaemon(registry.caFile))
  })
  afterAll(() => registry.stop())

  describe.each(dockerClients)('%s', (command, otherUser) => {
    let docker: Client
    let freshDocker: Client

    const client = (daemon: DockerDaemon) =>
      // The classic builder is part of the engine; its successor would be one more client to install.
      registry.client('docker', { command, globalArgs: ['--host', daemon.host], env: { DOCKER_BUILDKIT: '0' } })
    const login = async (daemon: DockerDaemon) => {
      const loggedIn = await client(daemon)
      await loggedIn.ok(['login', ...registry.loginFlags, registry.strictHost], registry.rightPassword)
      return loggedIn
    }

    /** Builds an image that no other test has: a layer of busybox and one that says whose it is. */
    const build = async (reference: string) => {
      const context = await registry.newDirectory()
      await copyFile(requireTool('busybox'), join(context, 'busybox'))
      await writeFile(join(context, 'owner'), `${command} ${reference}`)
      await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY owner /owner\n')
      await docker.ok(['build', '--tag', reference, context])
    }
    const inspect = async (from: Client, reference: string) =>
      JSON.parse((await from.ok(['image', 'inspect', '--format', '{{json .}}', reference])).stdout) as {
        Id: string
        RootFS: { Layers: string[] }
        RepoDigests: string[]
      }

    beforeAll(async () => {
      docker = await login(engine)
      freshDocker = await login(freshEngine)
    })

    test('stores at login a token in place of the password', async () => {
      const config = JSON.parse(await readFile(join(docker.home, 'config.json'), 'utf8')) as unknown
      const auth = Buffer.from(`${registry.username}:`).toString('base64')
      const stored = { auth, identitytoken: expect.any(String) as unknown }
      expect(config).toMatchObject({ auths: { [registry.strictHost]: stored } })
    })

    test('is told at login that its password is wrong', async () => {
      const mistaken = await client(engine)
      await mistaken.refused(['login', ...registry.loginFlags, registry.strictHost], registry.wrongPassword)
    })

    test('pushes an image that a fresh engine pulls by tag and by digest', async () => {
      await build(name('docker/app:1'))
      const { stdout } = await docker.ok(['push', name('docker/app:1')])
      const local = await inspect(docker, name('docker/app:1'))

      const pushed = await registry.reader.image('docker/app', '1')
      expect(stdout).toContain(pushed.digest)
      expect(configDigest(pushed)).toBe(local.Id)
      expect(unpackedLayerDigests(pushed)).toEqual(local.RootFS.Layers)

      await freshDocker.ok(['pull', name('docker/app:1')])
      await freshDocker.ok(['pull', name(`docker/app@${pushed.digest}`)])
      const pulled = await inspect(freshDocker, name('docker/app:1'))
      expect(pulled.Id).toBe(local.Id)
      expect(pulled.RepoDigests).toEqual([name(`docker/app@${pushed.digest}`)])
    })

    test('sends no layer twice, be it to the same repository or to another one', async () => {
      await build(name('docker/first:1'))
      await docker.ok(['push', name('docker/first:1')])
      const { stdout: again } = await docker.ok(['push', name('docker/first:1')])
      expect(again.match(/Layer already exists/g)).toHaveLength(2)
      expect(again).not.toContain('Pushed')

      await docker.ok(['tag', name('docker/first:1'), name('docker/second:1')])
      const { stdout: elsewhere } = await docker.ok(['push', name('docker/second:1')])
      expect(elsewhere.match(/Mounted from docker\/first/g)).toHaveLength(2)
      expect(elsewhere).not.toContain('Pushed')
    })

    test('builds upon a private image', async () => {
      await build(name('docker/base:1'))
      await docker.ok(['push', name('docker/base:1')])
      const context = await registry.newDirectory()
      await writeFile(join(context, 'Dockerfile'), `FROM ${name('docker/base:1')}\nCOPY Dockerfile /recipe\n`)
      await freshDocker.ok(['build', '--tag', name('docker/derived:1'), context])
      await freshDocker.ok(['push', name('docker/derived:1')])
      const derived = await registry.reader.image('docker/derived', '1')
      expect(unpackedLayerDigests(derived)).toHaveLength(3)
    })

    test('pulls all tags of a repository', async () => {
      await build(name('docker/tags:1'))
      await docker.ok(['tag', name('docker/tags:1'), name('docker/tags:latest')])
      await docker.ok(['push', '--all-tags', name('docker/tags')])
      expect(await registry.reader.tags('docker/tags')).toEqual(['1', 'latest'])

      await freshDocker.ok(['pull', '--all-tags', name('docker/tags')])
      await inspect(freshDocker, name('docker/tags:1'))
      await inspect(freshDocker, name('docker/tags:latest'))
    })

    test('makes a manifest list of images that are in the registry', async () => {
      for (const architecture of ['amd64', 'arm64']) {
        await build(name(`docker/list:${architecture}`))
        await docker.ok(['push', name(`docker/list:${architecture}`)])
      }
      const list = name('docker/list:1')
      const images = ['amd64', 'arm64'].map((architecture) => name(`docker/list:${architecture}`))
      await docker.ok(['manifest', 'create', '--insecure', list, ...images])
      await docker.ok(['manifest', 'annotate', '--arch', 'arm64', list, name('docker/list:arm64')])
      await docker.ok(['manifest', 'push', '--insecure', list])

      const { mediaType, bytes } = await registry.reader.manifest('docker/list', '1')
      expect(mediaType).toBe('application/vnd.docker.distribution.manifest.list.v2+json')
      expect(parseManifest(bytes).manifests).toHaveLength(2)
      await docker.ok(['manifest', 'inspect', '--insecure', list])
    })

    test('pulls the image of its platform out of an OCI index', async () => {
      const skopeo = await registry.client('skopeo')
      await skopeo.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
      const index = await sampleImage('two-platforms')
      await skopeo.ok(['copy', '--all', index.reference, `docker://${registry.host}/docker/index:1`])

      await freshDocker.ok(['pull', name('docker/index:1')])
      const { Id } = await inspect(freshDocker, name('docker/index:1'))
      expect(Id).toBe(configDigest((await sampleImage('busybox')).bytes))
    })

    test('pushes and pulls an image of a whole Debian system', async () => {
      const debian = await sampleImage('debian')
      const archive = await writeArchive(
        debian,
        'docker-archive',
        name('docker/debian:12'),
        await registry.newDirectory(),
      )
      await docker.ok(['load', '--input', archive])
      await docker.ok(['push', name('docker/debian:12')])
      const pushed = await registry.reader.image('docker/debian', '12')
      expect(unpackedLayerDigests(pushed)).toEqual(unpackedLayerDigests(debian.bytes))

      await freshDocker.ok(['pull', name('docker/debian:12')])
      expect((await inspect(freshDocker, name('docker/debian:12'))).Id).toBe(configDigest(pushed))
    })

    test('may not read or write without credentials', async () => {
      await build(name('docker/private:1'))
      await docker.ok(['push', name('docker/private:1')])
      const stranger = await client(engine)
      await stranger.refused(['pull', name('docker/private:1')])
      await stranger.refused(['push', name('docker/private:1')])
    })

    test('may do with the rights of another user only what those allow', async () => {
      await build(name('docker/theirs:1'))
      await docker.ok(['push', name('docker/theirs:1')])
      const password = 'another password'
      await registry.api.createUser(otherUser, password)
      const other = await client(engine)
      await other.ok(['login', '--username', otherUser, '--password-stdin', registry.strictHost], { input: password })
      await other.refused(['pull', name('docker/theirs:1')])
      await other.refused(['push', name('docker/theirs:1')])

      await other.ok(['tag', name('docker/theirs:1'), name(`${otherUser}/mine:1`)])
      await other.ok(['push', name(`${otherUser}/mine:1`)])
      expect(await registry.reader.tags(`${otherUser}/mine`)).toEqual(['1'])
    })

    test('pulls from a public repository without credentials, but does not push to it', async () => {
      await build(name('docker/public:1'))
      await docker.ok(['push', name('docker/public:1')])
      await registry.api.publish('docker/public')
      const stranger = await client(freshEngine)
      await stranger.ok(['pull', name('docker/public:1')])
      await stranger.refused(['push', name('docker/public:1')])
    })

    test('pushes a name without a namespace into library', async () => {
      await build(name('busybox:docker'))
      await docker.ok(['push', name('busybox:docker')])
      const pushed = await registry.reader.image('library/busybox', 'docker')
      expect(configDigest(pushed)).toBe((await inspect(docker, name('busybox:docker'))).Id)
    })
  })
})
