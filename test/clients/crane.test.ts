import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { differences } from './image-bytes.ts'
import { makeLayer, readLayout, type SampleImage, sampleImage } from './images.ts'

describe.each(transports)('crane over %s', (transport) => {
  let registry: ClientRegistry
  let crane: Client
  let busybox: SampleImage
  let twoPlatforms: SampleImage

  const name = (repository: string) => `${registry.host}/${repository}`
  const login = (client: Client, password: { input: string }) =>
    client.ok(['auth', 'login', registry.host, ...registry.loginFlags], password)

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    crane = await registry.client('crane')
    await login(crane, registry.rightPassword)
    busybox = await sampleImage('busybox')
    twoPlatforms = await sampleImage('two-platforms')
  })
  afterAll(() => registry.stop())

  test('is told that its password is wrong', async () => {
    const mistaken = await registry.client('crane')
    // It stores what it is given without asking the registry.
    await login(mistaken, registry.wrongPassword)
    await mistaken.refused(['push', busybox.directory, name('crane/mistaken:1')])
  })

  test('pushes an image that comes back byte for byte', async () => {
    await crane.ok(['push', busybox.directory, name('crane/app:1')])
    expect(differences(busybox.bytes, await registry.reader.image('crane/app', '1'))).toEqual([])

    const target = join(await registry.newDirectory(), 'layout')
    await crane.ok(['pull', '--format', 'oci', name('crane/app:1'), target])
    expect(differences(busybox.bytes, (await readLayout(target)).bytes)).toEqual([])
  })

  test('pushes an index of indexes with all their platforms, and finds one of them', async () => {
    // Given a layout directory, crane pushes its index.json as an index of its own.
    await crane.ok(['push', '--index', twoPlatforms.directory, name('crane/index:1')])
    expect(differences(twoPlatforms.bytes, await registry.reader.image('crane/index', twoPlatforms.digest))).toEqual([])

    const inner = name(`crane/index@${twoPlatforms.digest}`)
    const { stdout } = await crane.ok(['digest', '--platform', 'linux/amd64', inner])
    expect(stdout.trim()).toBe(busybox.digest)
  })

  test('reads digests, manifests, configs and single layers', async () => {
    await crane.ok(['push', busybox.directory, name('crane/read:1')])
    expect((await crane.ok(['digest', name('crane/read:1')])).stdout.trim()).toBe(busybox.digest)

    const { stdout: manifest } = await crane.ok(['manifest', name('crane/read:1')])
    expect(manifest).toBe(busybox.bytes.parts.get(busybox.digest)?.toString())
    const { config } = JSON.parse(manifest) as { config: { digest: string } }
    const { stdout: configBytes } = await crane.ok(['config', name('crane/read:1')])
    expect(configBytes).toBe(busybox.bytes.parts.get(config.digest)?.toString())
    await crane.ok(['validate', '--remote', name('crane/read:1')])
  })

  test('appends a layer to an image in the registry', async () => {
    await crane.ok(['push', busybox.directory, name('crane/append:1')])
    const layer = await makeLayer(await registry.newDirectory(), 'hello')
    const names = ['--base', name('crane/append:1'), '--new_tag', name('crane/append:2')]
    await crane.ok(['append', ...names, '--new_layer', layer])

    await crane.ok(['validate', '--remote', name('crane/append:2')])
    const appended = await registry.reader.image('crane/append', '2')
    expect(appended.parts.size).toBe(busybox.bytes.parts.size + 1)
  })

  test('copies an index from one repository to another', async () => {
    await crane.ok(['push', '--index', twoPlatforms.directory, name('crane/from:1')])
    await crane.ok(['copy', name('crane/from:1'), name('crane/to:1')])
    expect(differences(twoPlatforms.bytes, await registry.reader.image('crane/to', twoPlatforms.digest))).toEqual([])
    expect(await registry.reader.tags('crane/to')).toEqual(['1'])
  })

  test('tags, lists tags and lists the catalog', async () => {
    await crane.ok(['push', busybox.directory, name('crane/tags:1')])
    await crane.ok(['tag', name('crane/tags:1'), 'latest'])
    expect((await crane.ok(['ls', name('crane/tags')])).stdout.split('\n').filter(Boolean)).toEqual(['1', 'latest'])
    expect((await crane.ok(['catalog', registry.host])).stdout.split('\n')).toContain('crane/tags')
  })

  test('deletes an image, whose tags go with it', async () => {
    await crane.ok(['push', busybox.directory, name('crane/gone:1')])
    await crane.ok(['delete', name(`crane/gone@${busybox.digest}`)])
    const { output } = await crane.fails(['manifest', name('crane/gone:1')])
    expect(output).toMatch(/MANIFEST_UNKNOWN/)
  })

  test('may not read or write without credentials', async () => {
    await crane.ok(['push', busybox.directory, name('crane/private:1')])
    const stranger = await registry.client('crane')
    await stranger.refused(['pull', name('crane/private:1'), join(stranger.home, 'stolen.tar')])
    await stranger.refused(['push', busybox.directory, name('crane/private:2')])
    await stranger.refused(['ls', name('crane/private')])
  })

  test('reads a public repository without credentials, but does not write to it', async () => {
    await crane.ok(['push', busybox.directory, name('crane/public:1')])
    await registry.api.publish('crane/public')
    const stranger = await registry.client('crane')
    await stranger.ok(['validate', '--remote', name('crane/public:1')])
    expect((await stranger.ok(['catalog', registry.host])).stdout).toBe('crane/public\n')
    await stranger.refused(['push', busybox.directory, name('crane/public:2')])
  })

  test('reaches the registry by another name for the same address', async () => {
    // It refuses a challenge that sends it to another private address than the one it was given.
    const byName = registry.host.replace('127.0.0.1', 'localhost')
    const client = await registry.client('crane')
    await client.ok(['auth', 'login', byName, ...registry.loginFlags], registry.rightPassword)
    await client.ok(['push', busybox.directory, `${byName}/crane/localhost:1`])
    await client.ok(['validate', '--remote', `${byName}/crane/localhost:1`])
  })

  test('pushes a name without a namespace into library', async () => {
    await crane.ok(['push', busybox.directory, name('busybox:crane')])
    expect(differences(busybox.bytes, await registry.reader.image('library/busybox', 'crane'))).toEqual([])
  })
})
