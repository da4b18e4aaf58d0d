import { createHash, randomFillSync } from 'node:crypto'
import { copyFile, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { watchProcessMemory } from '../../bench/support/process-memory.ts'
import { exportArchive, importArchive } from './archives.ts'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry } from './client-registry.ts'
import { type DockerDaemon, startDockerDaemon } from './docker-daemon.ts'
import { readLayout, sampleImage } from './images.ts'
import { describeRun, run } from './run.ts'
import { requireDockerClients, requireTool } from './tools.ts'

const MB = 1_000_000
const LARGE_LAYERS = 4
const LARGE_LAYER_BYTES = 270 * MB
/** What the registry may take while it reads an archive of any size. */
const MEMORY_LIMIT_BYTES = 250 * MB

let registry: ClientRegistry
let engine: DockerDaemon
/** An engine that has nothing but what it is given. */
let freshEngine: DockerDaemon
let skopeo: Client
let podman: Client

beforeAll(async () => {
  registry = await startClientRegistry('http')
  engine = registry.adopt(await startDockerDaemon(registry.caFile))
  freshEngine = registry.adopt(await startDockerDaemon(registry.caFile))
  skopeo = await registry.client('skopeo')
  podman = await registry.client('podman')
  await skopeo.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
  await podman.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
})
afterAll(() => registry.stop())

/** What a tool of the system says, which must succeed. */
async function tool(name: string, ...args: readonly string[]): Promise<string> {
  const result = await run(requireTool(name), args, { env: { PATH: process.env['PATH'] ?? '' }, cwd: '/' })
  expect(result.exitCode, describeRun(result)).toBe(0)
  return result.stdout
}

async function inspect(client: Client, reference: string): Promise<{ Id: string; RootFS: { Layers: string[] } }> {
  return JSON.parse((await client.ok(['image', 'inspect', '--format', '{{json .}}', reference])).stdout)
}

describe.each(requireDockerClients())('%s', (command) => {
  const slug = createHash('sha256').update(command).digest('hex').slice(0, 8)
  let docker: Client
  let freshDocker: Client

  beforeAll(async () => {
    const start = async ({ host }: DockerDaemon) => {
      const env = { DOCKER_BUILDKIT: '0' }
      const client = await registry.client('docker', { command, globalArgs: ['--host', host], env })
      await client.ok(['login', ...registry.loginFlags, registry.strictHost], registry.rightPassword)
      return client
    }
    docker = await start(engine)
    freshDocker = await start(freshEngine)
  })

  /** Builds an image of layers of its own, and saves it under some names. */
  const save = async (content: string, ...names: readonly string[]) => {
    const context = await registry.newDirectory()
    await copyFile(requireTool('busybox'), join(context, 'busybox'))
    await writeFile(join(context, 'owner'), content)
    const recipe = 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY owner /owner\nENV A=b\nCMD ["/bin/busybox"]\n'
    await writeFile(join(context, 'Dockerfile'), recipe)
    await docker.ok(['build', ...names.flatMap((name) => ['--tag', name]), context])
    const archive = join(context, 'image.tar')
    await docker.ok(['save', '--output', archive, ...names])
    return archive
  }

  test.each([
    ['as it is', undefined],
    ['with gzip', 'gzip'],
    ['with zstd', 'zstd'],
  ] as const)('what docker saved is imported %s and pulled by a fresh engine as the same image', async (_, packer) => {
    const name = `saved-${slug}-${packer ?? 'plain'}`
    let archive = await save(name, `${name}:1`, `${name}:latest`)
    if (packer !== undefined) {
      await tool(packer, '-k', archive)
      archive += packer === 'gzip' ? '.gz' : '.zst'
    }
    const { images } = await importArchive(registry, `acme/${name}`, archive)
    expect(images).toHaveLength(1)
    expect(images[0]?.tags).toEqual(['1', 'latest'])
    const pulled = `${registry.strictHost}/acme/${name}:1`
    await freshDocker.ok(['pull', pulled])
    const [before, after] = [await inspect(docker, `${name}:1`), await inspect(freshDocker, pulled)]
    expect(after.Id).toBe(before.Id)
    expect(after.RootFS).toEqual(before.RootFS)
  })

  test('loads what was exported, by tag, and has the same image', async () => {
    const archive = await save(`exported-${slug}`, `exported-${slug}:1`)
    await importArchive(registry, `acme/exported-${slug}`, archive)
    const file = join(await registry.newDirectory(), 'exported.tar')
    await exportArchive(registry, `acme/exported-${slug}`, 'ref=1&format=docker', file)
    const { stdout } = await freshDocker.ok(['load', '--input', file])
    const loaded = `${registry.host}/acme/exported-${slug}:1`
    expect(stdout).toContain(loaded)
    expect((await inspect(freshDocker, loaded)).Id).toBe((await inspect(docker, `exported-${slug}:1`)).Id)
  })
})

test('an archive of more than 1 GB is imported with little memory, and pulled as the same image', async () => {
  const [command = ''] = requireDockerClients()
  const globalArgs = ['--host', engine.host]
  const docker = await registry.client('docker', { command, globalArgs, env: { DOCKER_BUILDKIT: '0' } })
  const freshDocker = await registry.client('docker', { command, globalArgs: ['--host', freshEngine.host] })
  await freshDocker.ok(['login', ...registry.loginFlags, registry.strictHost], registry.rightPassword)
  const context = await registry.newDirectory()
  const layers = Array.from({ length: LARGE_LAYERS }, (_, index) => `layer-${index}`)
  for (const layer of layers) await writeRandom(join(context, layer), LARGE_LAYER_BYTES)
  await writeFile(join(context, 'Dockerfile'), ['FROM scratch', ...layers.map((layer) => `COPY ${layer} /`)].join('\n'))
  await docker.ok(['build', '--tag', 'large:1', context])
  const archive = join(await registry.newDirectory(), 'large.tar')
  await docker.ok(['save', '--output', archive, 'large:1'])

  const memory = watchProcessMemory(registry.pid)
  try {
    await importArchive(registry, 'acme/large', archive)
    expect(memory.highWaterBytes()).toBeLessThan(MEMORY_LIMIT_BYTES)
  } finally {
    memory.stop()
  }
  await freshDocker.ok(['pull', `${registry.strictHost}/acme/large:1`])
  const pulled = await inspect(freshDocker, `${registry.strictHost}/acme/large:1`)
  expect(pulled.Id).toBe((await inspect(docker, 'large:1')).Id)
  expect(pulled.RootFS.Layers).toHaveLength(LARGE_LAYERS)
}, 900_000)

test.each([
  ['docker', 'docker-archive'],
  ['oci', 'oci-archive'],
] as const)('podman loads an export as %s, and what it saves as %s is imported', async (format, savedFormat) => {
  const { reference } = await sampleImage('busybox')
  const name = `${registry.host}/acme/podman-${format}:1`
  await skopeo.ok(['copy', reference, `docker://${name}`])
  const file = join(await registry.newDirectory(), 'exported.tar')
  await exportArchive(registry, `acme/podman-${format}`, `ref=1&format=${format}`, file)
  await podman.ok(['load', '--input', file])
  // Not its digest: podman unpacks layers, and makes another manifest for what it has then.
  const imageId = async (of: string) => (await podman.ok(['image', 'inspect', '--format', '{{.Id}}', of])).stdout
  const loaded = await imageId(name)

  const saved = join(await registry.newDirectory(), 'saved.tar')
  await podman.ok(['save', '--format', savedFormat, '--output', saved, name])
  const { images } = await importArchive(registry, `acme/podman-${format}-again`, saved)
  expect(images[0]?.tags).toEqual(['1'])
  await podman.ok(['rmi', '--force', name])
  await podman.ok(['pull', `${registry.host}/acme/podman-${format}-again:1`])
  expect(await imageId(`${registry.host}/acme/podman-${format}-again:1`)).toBe(loaded)
})

test('an OCI layout with two platforms comes back byte for byte', async () => {
  const image = await sampleImage('two-platforms')
  const archive = join(await registry.newDirectory(), 'layout.tar')
  await tool('tar', '--create', '--file', archive, '--directory', image.directory, '.')
  const { format, images } = await importArchive(registry, 'acme/layout', archive)
  expect(format).toBe('oci-layout')
  expect(images).toMatchObject([{ digest: image.digest, tags: ['latest'] }])
  expect((await registry.reader.image('acme/layout', 'latest')).parts).toEqual(image.bytes.parts)

  const file = join(await registry.newDirectory(), 'export.tar')
  await exportArchive(registry, 'acme/layout', 'ref=latest', file)
  const directory = await registry.newDirectory()
  await tool('tar', '--extract', '--file', file, '--directory', directory)
  const exported = await readLayout(directory)
  expect(exported.digest).toBe(image.digest)
  expect(exported.bytes.parts).toEqual(image.bytes.parts)
  expect(JSON.parse(await readFile(join(directory, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' })

  await importArchive(registry, 'acme/layout-again', file)
  expect((await registry.reader.image('acme/layout-again', 'latest')).parts).toEqual(image.bytes.parts)
  await skopeo.ok(['copy', '--all', `oci-archive:${file}`, `docker://${registry.host}/acme/layout-by-skopeo:1`])
  expect((await registry.reader.image('acme/layout-by-skopeo', '1')).digest).toBe(image.digest)
})

/** Writes what no compression makes smaller. */
async function writeRandom(path: string, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(10 * MB)
  const file = await open(path, 'w')
  for (let written = 0; written < bytes; written += chunk.length) await file.write(randomFillSync(chunk))
  await file.close()
}
