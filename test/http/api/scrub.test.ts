import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DAMAGES, damageBlob, scrubAll } from '../../support/scrub.ts'
import {
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  openTestServer,
  pushBlob,
  pushImage,
  putManifest,
  type TestServer,
} from '../../support/server.ts'

let server: TestServer

beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server.close())

async function listDamage() {
  return (await server.admin.get('/api/v1/damage').expect(200)).body.items
}

async function metric(name: string): Promise<string | undefined> {
  const { text } = await server.admin.get('/metrics').expect(200)
  return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]
}

describe('a scrub', () => {
  test('finds nothing where nothing is damaged, and says what it has looked at', async () => {
    expect((await server.admin.get('/api/v1/scrub').expect(200)).body).toEqual({ scrub: null })
    await pushImage(server.admin, 'acme/app', { tag: 'v1' })
    await pushImage(server.admin, 'acme/web', { tag: 'v1', content: 'another' })
    expect(await scrubAll(server.admin)).toMatchObject({ state: 'finished', blobs: 4, manifests: 2, damaged: 0 })
    expect(await listDamage()).toEqual([])
    expect(await metric('kontor_blobs_damaged')).toBe('0')
  })

  test('is for administrators to start and to pause, and goes at the speed they give', async () => {
    const alice = await server.createUser('alice')
    await alice.post('/api/v1/scrub').send({}).expect(403)
    await alice.get('/api/v1/damage').expect(403)
    const { body } = await server.admin.post('/api/v1/scrub').send({}).expect(200)
    expect(body.scrub).toMatchObject({ state: 'running', bytesPerSecond: 32 * 1024 * 1024 })
    const paused = await server.admin.post('/api/v1/scrub/pause').expect(200)
    expect(paused.body.scrub).toMatchObject({ state: 'paused', problem: null })
    await server.admin.post('/api/v1/scrub').send({ bytesPerSecond: 1000 }).expect(400)
  })
})

describe.each(Object.entries(DAMAGES))('when of a layer %s', (_, damage) => {
  test('a scrub names it with the tags that need it, and a push of it heals every repository that has it', async () => {
    const { layer, config, digest, manifest } = await pushImage(server.admin, 'acme/app', { tag: 'v1' })
    await putManifest(server.admin, 'acme/app', 'latest', manifest).expect(201)
    await pushBlob(server.admin, 'acme/web', 'a layer')
    await pushImage(server.admin, 'acme/innocent', { tag: 'v1', content: 'untouched' })
    await damageBlob(server.dataDir, layer, damage)

    expect(await scrubAll(server.admin)).toMatchObject({ damaged: 1 })
    const [found, ...others] = await listDamage()
    expect(others).toEqual([])
    expect(found).toMatchObject({ digest: layer, kind: 'blob', sizeBytes: 7 })
    const uses = [{ repository: 'acme/app', manifest: digest, role: 'layer', tags: ['latest', 'v1'], attachedTo: [] }]
    expect(found.uses).toEqual({ items: uses })
    expect((await server.admin.get(`/api/v1/damage/${found.id}`).expect(200)).body).toEqual(found)
    expect(await metric('kontor_blobs_damaged')).toBe('1')

    // Gone for everybody, so that clients send it again; what is whole is served as before.
    for (const repository of ['acme/app', 'acme/web']) {
      await server.admin.head(`/v2/${repository}/blobs/${layer}`).expect(404)
      const { body } = await server.admin.get(`/v2/${repository}/blobs/${layer}`).expect(404)
      expect(body.errors[0].code).toBe('BLOB_UNKNOWN')
    }
    await server.admin.post(`/v2/acme/other/blobs/uploads/?mount=${layer}&from=acme/app`).expect(202)
    const refused = await putManifest(server.admin, 'acme/app', 'v2', manifest).expect(400)
    expect(refused.body.errors[0]).toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN', detail: [{ digest: layer }] })
    await server.admin.get('/v2/acme/app/manifests/v1').expect(200)
    await server.admin.get(`/v2/acme/app/blobs/${config}`).expect(200)
    await server.admin.get('/v2/acme/innocent/manifests/v1').expect(200)

    const again = await scrubAll(server.admin)
    expect(again).toMatchObject({ damaged: 1 })
    expect(await listDamage()).toEqual([found])

    await pushBlob(server.admin, 'acme/web', 'a layer')
    expect(await listDamage()).toEqual([])
    expect(await metric('kontor_blobs_damaged')).toBe('0')
    const healed = await server.admin.get(`/v2/acme/app/blobs/${layer}`).responseType('blob').expect(200)
    expect(digestOf(healed.body)).toBe(layer)
    await server.admin.post(`/v2/acme/other/blobs/uploads/?mount=${layer}&from=acme/app`).expect(201)
    await putManifest(server.admin, 'acme/app', 'v2', manifest).expect(201)
    expect(await scrubAll(server.admin)).toMatchObject({ damaged: 0 })

    const trail = await server.admin.get('/api/v1/audit').query({ limit: 1000 }).expect(200)
    const told = trail.body.items
      .filter((event: { action: string }) => /^blob\.(damaged|healed)$/.test(event.action))
      .map((event: { action: string; object: string; actor: { name: string } }) => [
        event.action,
        event.object,
        event.actor.name,
      ])
    expect(told).toEqual([
      ['blob.healed', `acme/web@${layer}`, 'admin'],
      ['blob.damaged', layer, 'kontor'],
    ])
    const quarantine = await readdir(join(server.dataDir, 'blobs', 'quarantine')).catch(() => [])
    expect(quarantine).toHaveLength(damage(Buffer.from('a layer')) === undefined ? 0 : 2)
  })

  test('a push heals it before any scrub has seen it', async () => {
    const { layer } = await pushImage(server.admin, 'acme/app', { tag: 'v1' })
    await damageBlob(server.dataDir, layer, damage)
    await pushBlob(server.admin, 'acme/web', 'a layer')
    const healed = await server.admin.get(`/v2/acme/app/blobs/${layer}`).responseType('blob').expect(200)
    expect(digestOf(healed.body)).toBe(layer)
    expect(await scrubAll(server.admin)).toMatchObject({ damaged: 0 })
  })
})

test('two layers that changed places are both found', async () => {
  const one = await pushBlob(server.admin, 'acme/app', 'one')
  const two = await pushBlob(server.admin, 'acme/app', 'two')
  await damageBlob(server.dataDir, one, () => Buffer.from('two'))
  await damageBlob(server.dataDir, two, () => Buffer.from('one'))
  expect(await scrubAll(server.admin)).toMatchObject({ damaged: 2 })
  const found = await listDamage()
  expect(found.map((each: { digest: string; reason: string }) => [each.digest, each.reason])).toEqual(
    [one, two].sort().map((digest) => [digest, 'altered']),
  )
})

test('the tags of an index, and those of what an artifact is attached to, are named', async () => {
  const image = await pushImage(server.admin, 'acme/app')
  const child = { mediaType: OCI_MANIFEST, digest: image.digest, size: image.manifest.length }
  const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] })
  await putManifest(server.admin, 'acme/app', 'multi', index, OCI_INDEX).expect(201)
  const sbom = await pushImage(server.admin, 'acme/app', { content: 'an sbom', fields: { subject: child } })
  await damageBlob(server.dataDir, image.config)
  await damageBlob(server.dataDir, sbom.layer)
  await scrubAll(server.admin)
  const uses = (await listDamage()).flatMap(({ uses }: { uses: { items: unknown[] } }) => uses.items)
  const repository = 'acme/app'
  expect(uses).toEqual(
    expect.arrayContaining([
      { repository, manifest: image.digest, role: 'config', tags: ['multi'], attachedTo: [] },
      { repository, manifest: sbom.digest, role: 'layer', tags: [], attachedTo: ['multi'] },
    ]),
  )
  expect(uses).toHaveLength(2)
})

test('a manifest that was altered in the database is not served, and healed by pushing it again', async () => {
  const { digest, manifest } = await pushImage(server.admin, 'acme/app', { tag: 'v1' })
  const altered = manifest.replace('amd64', 'arm64').replace('schemaVersion', 'schemaversion')
  const db = new SqliteDatabase(join(server.dataDir, 'kontor.db'))
  db.prepare('UPDATE manifest SET bytes = ? WHERE digest = ?').run(Buffer.from(altered), digest)
  db.close()
  expect(await scrubAll(server.admin)).toMatchObject({ damaged: 1 })
  const [found] = await listDamage()
  expect(found).toMatchObject({ digest, kind: 'manifest', reason: 'altered', sizeBytes: null })
  expect(found.uses.items).toMatchObject([{ repository: 'acme/app', manifest: digest, role: 'self', tags: ['v1'] }])
  for (const reference of ['v1', digest]) {
    await server.admin.get(`/v2/acme/app/manifests/${reference}`).expect(404)
    await server.admin.head(`/v2/acme/app/manifests/${reference}`).expect(404)
  }

  await putManifest(server.admin, 'acme/app', 'v1', manifest).expect(201)
  const pulled = await server.admin.get('/v2/acme/app/manifests/v1').responseType('blob').expect(200)
  expect(digestOf(pulled.body)).toBe(digest)
  expect(await listDamage()).toEqual([])
})

test('an upload that was finished before is not answered once more for a blob that was damaged since', async () => {
  const bytes = Buffer.from('sent once')
  const digest = digestOf(bytes)
  const start = await server.admin.post('/v2/acme/app/blobs/uploads/').expect(202)
  const finish = () =>
    server.admin
      .put(start.headers['location'] ?? '')
      .query({ digest })
      .set('Content-Type', 'application/octet-stream')
      .send(bytes)
  await finish().expect(201)
  await finish().expect(201)
  await damageBlob(server.dataDir, digest, () => undefined)
  await finish().expect(404)
})
