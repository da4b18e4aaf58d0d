import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findCredential } from '../../../cli/credentials/find-credential.ts'
import { parseImageReference } from '../../../cli/references/image-reference.ts'
import { knownServers } from '../../../cli/servers/known-servers.ts'
import { serverName, serverUrl } from '../../../cli/servers/server-url.ts'

const HUB = 'registry-1.docker.io'
/** What `docker login` without a server leaves. */
const LOGIN = { 'https://index.docker.io/v1/': { auth: Buffer.from('ada:lovelace').toString('base64') } }

let home: string
let env: Record<string, string>

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kontor-hub-'))
  env = { DOCKER_CONFIG: home, XDG_CONFIG_HOME: home, REGISTRY_AUTH_FILE: join(home, 'auth.json') }
})
afterEach(() => rm(home, { recursive: true }))

describe('Docker Hub', () => {
  test.each(['docker.io', 'index.docker.io', HUB])('is spoken to where it answers: %s', (name) => {
    const url = serverUrl(name)
    expect(url.href).toBe(`https://${HUB}/`)
    expect(serverName(url)).toBe('docker.io')
  })

  test('has its official images in library, however they are written', () => {
    expect(parseImageReference('docker.io/nginx:1.25')).toMatchObject({
      host: 'docker.io',
      repository: 'library/nginx',
    })
    expect(parseImageReference('docker.io/library/nginx').repository).toBe('library/nginx')
    expect(parseImageReference('docker.io/ada/web').repository).toBe('ada/web')
  })

  test('is logged in to as docker is', async () => {
    await writeFile(join(home, 'config.json'), JSON.stringify({ auths: LOGIN }))
    const ada = { kind: 'password', username: 'ada', password: 'lovelace' }
    expect(await findCredential(env, serverUrl('docker.io').host)).toEqual(ada)
    expect(await findCredential(env, 'registry.example.com')).toBeUndefined()
    const [server] = await knownServers(env)
    expect(server).toMatchObject({ server: 'docker.io', username: 'ada', keptIn: join(home, 'config.json') })
  })

  test('is logged in to as podman is', async () => {
    const { auth } = LOGIN['https://index.docker.io/v1/']
    await writeFile(join(home, 'auth.json'), JSON.stringify({ auths: { 'docker.io': { auth } } }))
    expect(await findCredential(env, HUB)).toMatchObject({ username: 'ada' })
  })
})
