import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { configDigest, differences, unpackedLayerDigests } from './image-bytes.ts'
import { sampleImage } from './images.ts'

describe.each(transports)('buildah over %s', (transport) => {
  let registry: ClientRegistry
  let buildah: Client

  const name = (repository: string) => `${registry.host}/${repository}`
  const login = async () => {
    const loggedIn = await registry.client('buildah')
    await loggedIn.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
    return loggedIn
  }

  /** Makes an image of one file that no other test has. */
  const build = async (reference: string) => {
    const greeting = join(await registry.newDirectory(), 'greeting')
    await writeFile(greeting, `hello ${reference}`)
    const container = (await buildah.ok(['from', 'scratch'])).stdout.trim()
    await buildah.ok(['copy', container, greeting, '/greeting'])
    await buildah.ok(['commit', '--rm', container, reference])
  }
  const inspect = async (from: Client, reference: string) =>
    JSON.parse((await from.ok(['inspect', '--type', 'image', reference])).stdout) as {
      FromImageID: string
      FromImageDigest: string
      OCIv1: { rootfs: { diff_ids: string[] } }
    }

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    buildah = await login()
  })
  afterAll(() => registry.stop())

  test('is told at login that its password is wrong', async () => {
    const mistaken = await registry.client('buildah')
    await mistaken.refused(['login', ...registry.loginFlags, registry.host], registry.wrongPassword)
  })

  test('pushes an image that it built, and pulls it into fresh storage', async () => {
    await build(name('buildah/app:1'))
    await buildah.ok(['push', name('buildah/app:1')])
    const local = await inspect(buildah, name('buildah/app:1'))
    const pushed = await registry.reader.image('buildah/app', '1')
    expect(configDigest(pushed)).toBe(`sha256:${local.FromImageID}`)
    expect(unpackedLayerDigests(pushed)).toEqual(local.OCIv1.rootfs.diff_ids)

    const fresh = await login()
    await fresh.ok(['pull', name('buildah/app:1')])
    const pulled = await inspect(fresh, name('buildah/app:1'))
    expect(pulled).toMatchObject({ FromImageID: local.FromImageID, FromImageDigest: pushed.digest })
  })

  test('pushes a manifest list with the images of all platforms', async () => {
    const index = await sampleImage('two-platforms')
    await buildah.ok(['manifest', 'create', 'list'])
    await buildah.ok(['manifest', 'add', '--all', 'list', index.reference])
    const target = name('buildah/list:1')
    await buildah.ok(['manifest', 'push', '--all', '--digestfile', 'digest', 'list', `docker://${target}`])
    const pushed = await registry.reader.image('buildah/list', '1')
    // The list is buildah's own, the images in it are the very bytes of the sample.
    const kept = [...pushed.parts].filter(([digest]) => digest !== pushed.digest)
    const parts = new Map([...kept, ...[...index.bytes.parts].filter(([digest]) => digest === index.digest)])
    expect(differences(index.bytes, { digest: index.digest, parts })).toEqual([])
  })

  test('starts from a private image', async () => {
    await build(name('buildah/base:1'))
    await buildah.ok(['push', name('buildah/base:1')])
    const fresh = await login()
    const container = (await fresh.ok(['from', name('buildah/base:1')])).stdout.trim()
    await fresh.ok(['config', '--label', 'derived=yes', container])
    await fresh.ok(['commit', '--rm', container, name('buildah/base:derived')])
    await fresh.ok(['push', name('buildah/base:derived')])
    expect(await registry.reader.tags('buildah/base')).toEqual(['1', 'derived'])
  })

  test('may not read or write without credentials', async () => {
    await build(name('buildah/private:1'))
    await buildah.ok(['push', name('buildah/private:1')])
    const stranger = await registry.client('buildah')
    await stranger.refused(['pull', name('buildah/private:1')])
    await buildah.ok(['logout', registry.host])
    await buildah.refused(['push', name('buildah/private:1')])
  })
})
