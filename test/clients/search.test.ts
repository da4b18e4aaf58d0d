import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { type ClientRegistry, startClientRegistry, transports } from './client-registry.ts'
import { type DockerDaemon, startDockerDaemon } from './docker-daemon.ts'
import { sampleImage } from './images.ts'
import { createRegistryApi } from './registry-api.ts'
import { requireDockerClients } from './tools.ts'

/** What a client shows of a repository that it found. */
interface Found {
  readonly name: string
  readonly description: string
  readonly stars: number
  readonly isOfficial: boolean
}

const PASSWORDS = { alice: 'the password of alice', eve: 'the password of eve' } as const

const OFFICIAL = { description: 'The web server', stars: 2, isOfficial: true }
const PUBLIC = { description: 'A proxy with "quotes" & ümlauts', stars: 1, isOfficial: false }
const PRIVATE = { description: 'Nobody knows', stars: 0, isOfficial: false }

describe.each(transports)('over %s', (transport) => {
  let registry: ClientRegistry
  let engine: DockerDaemon
  /** An access token of alice. */
  let token: string

  beforeAll(async () => {
    registry = await startClientRegistry(transport)
    engine = registry.adopt(await startDockerDaemon(registry.caFile))
    const { api, url, caFile } = registry
    const skopeo = await registry.client('skopeo')
    await skopeo.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
    const image = (await sampleImage('busybox')).reference
    for (const name of ['library/nginx', 'acme/nginx-proxy', 'acme/nginx-secret', 'acme/other']) {
      await skopeo.ok(['copy', image, `docker://${registry.host}/${name}:1`])
    }
    await api.describe('library/nginx', OFFICIAL.description)
    await api.describe('acme/nginx-proxy', PUBLIC.description)
    await api.describe('acme/nginx-secret', PRIVATE.description)
    await api.publish('library/nginx')
    await api.publish('acme/nginx-proxy')
    for (const [username, password] of Object.entries(PASSWORDS)) await api.createUser(username, password)
    await api.setMember('acme', 'alice', 'member')
    const ofAlice = createRegistryApi({ url, username: 'alice', password: PASSWORDS.alice, caFile })
    await api.star('library/nginx')
    await ofAlice.star('library/nginx')
    await ofAlice.star('acme/nginx-proxy')
    token = (await ofAlice.createAccessToken({ name: 'search' })).token
  })
  afterAll(() => registry.stop())

  describe.each(requireDockerClients())('docker search by %s', (command) => {
    const newDocker = () => registry.client('docker', { command, globalArgs: ['--host', engine.host] })
    const login = async (username: string, password: string) => {
      const docker = await newDocker()
      await docker.ok(['login', '--username', username, '--password-stdin', registry.strictHost], { input: password })
      return docker
    }
    const search = async (docker: Client, term: string, ...flags: readonly string[]): Promise<Found[]> => {
      const format = '{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}'
      const args = ['search', '--no-trunc', '--format', format, ...flags, `${registry.strictHost}/${term}`]
      return (await docker.ok(args)).stdout.split('\n').filter(Boolean).map(readLine)
    }

    test('shows anybody what is public, the best first, as it was described', async () => {
      const docker = await newDocker()
      expect(await search(docker, 'nginx')).toEqual([
        { name: 'nginx', ...OFFICIAL },
        { name: 'acme/nginx-proxy', ...PUBLIC },
      ])
      expect(await search(docker, 'library/nginx')).toMatchObject([{ name: 'nginx' }])
      expect(await search(docker, 'secret')).toEqual([])
    })

    /** As docker keeps a password that was exchanged for no token. */
    const withPassword = async (username: string, password: string) => {
      const docker = await newDocker()
      const auth = Buffer.from(`${username}:${password}`).toString('base64')
      await writeFile(join(docker.home, 'config.json'), JSON.stringify({ auths: { [registry.strictHost]: { auth } } }))
      return docker
    }

    test.each([
      ['an identity token', () => login('alice', PASSWORDS.alice)],
      ['a password', () => withPassword('alice', PASSWORDS.alice)],
      ['an access token', () => login('alice', token)],
    ] as const)('shows members what is private, by %s', async (_credential, start) => {
      expect(await search(await start(), 'nginx')).toEqual([
        { name: 'nginx', ...OFFICIAL },
        { name: 'acme/nginx-proxy', ...PUBLIC },
        { name: 'acme/nginx-secret', ...PRIVATE },
      ])
    })

    test('shows strangers nothing that is private', async () => {
      const docker = await login('eve', PASSWORDS.eve)
      expect((await search(docker, 'nginx')).map(({ name }) => name)).toEqual(['nginx', 'acme/nginx-proxy'])
    })

    test('takes limits and filters, and a word that is misspelt', async () => {
      const docker = await login('alice', PASSWORDS.alice)
      expect(await search(docker, 'nginx', '--limit', '1')).toMatchObject([{ name: 'nginx' }])
      expect(await search(docker, 'nginx', '--filter', 'stars=1')).toHaveLength(2)
      expect(await search(docker, 'nginx', '--filter', 'is-official=true')).toMatchObject([{ name: 'nginx' }])
      expect(await search(docker, 'ngnix')).toMatchObject([{ name: 'nginx' }, {}, {}])
      expect(await search(docker, 'nothing-like-it')).toEqual([])
    })

    test('pulls what it found by the name that it found', async () => {
      const docker = await newDocker()
      for (const { name } of await search(docker, 'nginx')) {
        await docker.ok(['pull', '--quiet', `${registry.strictHost}/${name}:1`])
      }
    })
  })

  describe('podman search', () => {
    const login = async (username: string, password: string) => {
      const podman = await registry.client('podman')
      await podman.ok(['login', '--username', username, '--password-stdin', registry.host], { input: password })
      return podman
    }
    const search = async (podman: Client, term: string): Promise<Found[]> => {
      const format = '{{.Name}}\t{{.Description}}\t{{.Stars}}\t{{.Official}}'
      const args = ['search', '--no-trunc', '--format', format, `${registry.host}/${term}`]
      return (await podman.ok(args)).stdout.split('\n').filter(Boolean).map(readLine)
    }
    const names = async (podman: Client, term: string) => (await search(podman, term)).map(({ name }) => name).sort()

    test('shows members what is private, though podman searches without credentials at first', async () => {
      const all = ['acme/nginx-proxy', 'acme/nginx-secret', 'library/nginx'].map((name) => `${registry.host}/${name}`)
      for (const secret of [PASSWORDS.alice, token]) {
        expect(await names(await login('alice', secret), 'nginx')).toEqual(all)
      }
    })

    test('shows strangers, and whoever has not logged in, what is public', async () => {
      const open = ['acme/nginx-proxy', 'library/nginx'].map((name) => `${registry.host}/${name}`)
      expect(await names(await login('eve', PASSWORDS.eve), 'nginx')).toEqual(open)
      expect(await names(await registry.client('podman'), 'nginx')).toEqual(open)
    })

    test('lists tags', async () => {
      const podman = await registry.client('podman')
      const { stdout } = await podman.ok(['search', '--list-tags', `${registry.host}/acme/nginx-proxy`])
      expect(stdout).toMatch(/nginx-proxy\s+1/)
    })
  })
})

/** In a registry where everything is public podman is shown what docker is. */
test('podman search shows names, descriptions and stars where nothing is private', async () => {
  const registry = await startClientRegistry('http')
  try {
    const skopeo = await registry.client('skopeo')
    await skopeo.ok(['login', ...registry.loginFlags, registry.host], registry.rightPassword)
    await skopeo.ok(['copy', (await sampleImage('busybox')).reference, `docker://${registry.host}/library/nginx:1`])
    await registry.api.describe('library/nginx', OFFICIAL.description)
    await registry.api.publish('library/nginx')
    await registry.api.star('library/nginx')
    const podman = await registry.client('podman')
    const format = '{{.Name}}\t{{.Description}}\t{{.Stars}}\t{{.Official}}'
    const { stdout } = await podman.ok(['search', '--no-trunc', '--format', format, `${registry.host}/nginx`])
    const found = { name: `${registry.host}/nginx`, description: OFFICIAL.description, stars: 1, isOfficial: true }
    expect(stdout.split('\n').filter(Boolean).map(readLine)).toEqual([found])
  } finally {
    await registry.stop()
  }
})

function readLine(line: string): Found {
  const [name = '', description = '', stars = '', official = ''] = line.split('\t')
  return { name, description, stars: Number(stars), isOfficial: official === 'true' || official === '[OK]' }
}
