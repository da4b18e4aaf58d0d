import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, createClient } from './client.ts'
import { type ClientRegistry, startClientRegistry } from './client-registry.ts'
import { startDockerDaemon } from './docker-daemon.ts'
import { readLayout, type SampleImage, sampleImage, writeArchive } from './images.ts'
import { requireDockerClients, requireTool } from './tools.ts'

const BIN = new URL('../../bin/', import.meta.url).pathname

let registry: ClientRegistry
let sample: SampleImage

beforeAll(async () => {
  registry = await startClientRegistry('http')
  sample = await sampleImage('busybox')
})
afterAll(() => registry.stop())

/** A tool of somebody who logs in with `kontor login` only, and the `kontor` that goes with it. */
async function startTool(
  tool: string,
  credsStore: string | undefined,
  options: { command?: string; globalArgs?: string[] } = {},
) {
  const made = await registry.client(tool, options)
  const { home } = made
  const programs = join(home, 'programs')
  const dockerConfig = join(home, '.docker')
  await mkdir(programs)
  await mkdir(dockerConfig)
  for (const name of ['kontor', 'docker-credential-kontor'])
    await symlink(join(BIN, `${name}.cjs`), join(programs, name))
  if (credsStore !== undefined) await writeFile(join(dockerConfig, 'config.json'), JSON.stringify({ credsStore }))
  // podman and its relatives look into docker's file when they have none of their own.
  const { REGISTRY_AUTH_FILE: _, ...others } = made.env
  const env = { ...others, PATH: `${programs}${delimiter}${others['PATH']}`, DOCKER_CONFIG: dockerConfig }
  const { command = requireTool(tool), globalArgs = [] } = options
  return {
    client: createClient({ command, home, env, globalArgs }),
    kontor: createClient({ command: join(programs, 'kontor'), home, env }),
  }
}

const logIn = (kontor: Client) => kontor.ok(['login', registry.host, ...registry.loginFlags], registry.rightPassword)

describe.each([
  ['config.json', undefined],
  ['docker-credential-kontor', 'kontor'],
])('what kontor login keeps in %s', (_place, credsStore) => {
  const slug = credsStore ?? 'file'

  test.each(['skopeo', 'podman', 'crane'])('is good for %s, until kontor logs out', async (tool) => {
    const { client, kontor } = await startTool(tool, credsStore)
    const name = `${registry.host}/admin/${tool}-${slug}:1`
    const target = join(await registry.newDirectory(), 'layout')
    const [push, pull] = {
      skopeo: [
        ['copy', sample.reference, `docker://${name}`],
        ['copy', `docker://${name}`, `oci:${target}:latest`],
      ],
      podman: [
        ['push', 'localhost/sample:1', name],
        ['pull', name],
      ],
      crane: [
        ['push', sample.directory, name],
        ['pull', '--format', 'oci', name, target],
      ],
    }[tool] as [string[], string[]]
    if (tool === 'podman') {
      const archive = await writeArchive(sample, 'docker-archive', 'localhost/sample:1', await registry.newDirectory())
      await client.ok(['load', '--input', archive])
    }
    await client.fails(push)
    await logIn(kontor)
    await client.ok(push)
    await client.ok(pull)
    if (tool !== 'podman') expect((await readLayout(target)).digest).toBe(sample.digest)
    const { stdout } = await kontor.ok(['token', 'ls', '--format', '{{.Name}} {{.LastUsedAt}}'])
    expect(stdout).toMatch(credsStore === undefined ? /^kontor on .*Z$/m : /^docker on .*Z$/m)
    await kontor.ok(['logout'])
    await client.refused(pull)
  })

  test.each(requireDockerClients())('is good for %s, until kontor logs out', async (command) => {
    const engine = registry.adopt(await startDockerDaemon(registry.caFile))
    const { client, kontor } = await startTool('docker', credsStore, { command, globalArgs: ['--host', engine.host] })
    const name = `${registry.host}/admin/docker-${slug}:1`
    await client.ok([
      'load',
      '--input',
      await writeArchive(sample, 'docker-archive', name, await registry.newDirectory()),
    ])
    await client.refused(['push', name])
    await logIn(kontor)
    await client.ok(['push', name])
    await client.ok(['image', 'prune', '--all', '--force'])
    await client.ok(['pull', name])
    await kontor.ok(['logout'])
    await client.refused(['pull', name])
  })
})
