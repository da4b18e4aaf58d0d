import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeError } from '../../cli/cli-error.ts'
import { parseImageReference } from '../../cli/references/image-reference.ts'
import { parseChallenges } from '../../cli/registry/challenge.ts'
import { openRepositories, type RemoteRepository } from '../../cli/registry/open-repository.ts'
import { parseDigest } from '../../oci/digest.ts'
import { digestOf, OCI_MANIFEST } from '../support/server.ts'

const CONTENT = Buffer.from('what is in the blob')
const BLOB = { digest: parseDigest(digestOf(CONTENT)), size: CONTENT.length }
const CONFIG = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 }
const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: CONFIG, layers: [] })

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

let home: string
let servers: Server[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kontor-registry-'))
})

afterEach(async () => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  servers = []
  await rm(home, { recursive: true })
})

/** A registry that answers as a test wants it to. @returns its host and port */
async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => answer(request, response, body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return `localhost:${(server.address() as AddressInfo).port}`
}

async function open(host: string, auth: object | undefined): Promise<RemoteRepository> {
  await writeFile(join(home, 'config.json'), JSON.stringify({ auths: auth === undefined ? {} : { [host]: auth } }))
  const env = { DOCKER_CONFIG: home, XDG_CONFIG_HOME: home, REGISTRY_AUTH_FILE: join(home, 'none.json') }
  const [repository] = await openRepositories(env, [parseImageReference(`${host}/acme/web`)])
  if (repository === undefined) throw new Error('there is no repository')
  return repository
}

async function contentOf(repository: RemoteRepository): Promise<string> {
  return (await repository.read(BLOB, 1000)).toString()
}

const PASSWORD = { auth: Buffer.from('ada:lovelace').toString('base64') }

function sendManifest(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': OCI_MANIFEST }).end(MANIFEST)
}

describe('who asks', () => {
  it('is said by Basic to a registry that asks for that, and not before', async () => {
    const seen: (string | undefined)[] = []
    const host = await serve(({ headers }, response) => {
      seen.push(headers.authorization)
      if (headers.authorization === undefined)
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="here"' }).end()
      else sendManifest(response)
    })
    const repository = await open(host, PASSWORD)
    expect((await repository.manifests.find('1'))?.digest).toBe(digestOf(MANIFEST))
    await repository.manifests.find('1')
    expect(seen).toEqual([undefined, `Basic ${PASSWORD.auth}`, `Basic ${PASSWORD.auth}`])
  })

  it('is exchanged for one token per scope, with an identity token by POST', async () => {
    const asked: string[] = []
    const host = await serve(({ url = '', method, headers }, response, body) => {
      if (url === '/token') {
        asked.push(`${method} ${body}`)
        response.end(JSON.stringify({ access_token: 'the token', expires_in: 300 }))
      } else if (headers.authorization === 'Bearer the token') sendManifest(response)
      else {
        const challenge = `Bearer realm="http://${headers.host}/token",service="a service",scope="repository:acme/web:pull"`
        response.writeHead(401, { 'WWW-Authenticate': challenge }).end()
      }
    })
    const repository = await open(host, { identitytoken: 'a refresh token' })
    await repository.manifests.find('1')
    await repository.manifests.find('2')
    expect(asked).toEqual([
      'POST grant_type=refresh_token&service=a+service&client_id=kontor&refresh_token=a+refresh+token&scope=repository%3Aacme%2Fweb%3Apull',
    ])
  })

  it('is told to log in when the registry takes nobody', async () => {
    const host = await serve((_request, response) =>
      response
        .writeHead(401, { 'WWW-Authenticate': 'Basic realm="here"' })
        .end('{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}'),
    )
    const anonymous = await open(host, undefined)
    await expect(anonymous.manifests.find('1')).rejects.toMatchObject({
      exitCode: 4,
      code: 'UNAUTHORIZED',
      hint: `try: kontor login ${host}`,
    })
    const known = await open(host, PASSWORD)
    await expect(known.manifests.find('1')).rejects.toMatchObject({ exitCode: 5 })
  })

  it('is told what the registry says, without what would move the cursor', async () => {
    const errors = [{ code: 'DENIED', message: 'go \u001b[2Jaway\nnow' }]
    const host = await serve((_request, response) => response.writeHead(403).end(JSON.stringify({ errors })))
    const repository = await open(host, undefined)
    const error = await repository.manifests.find('1').catch((cause: unknown) => cause)
    expect(describeError(error)).toBe('error: acme/web:1 cannot be read: go  [2Jaway now (DENIED)')
  })

  it('is not told to where a blob lies elsewhere', async () => {
    const seen: (string | undefined)[] = []
    const elsewhere = await serve(({ headers }, response) => {
      seen.push(headers.authorization)
      response.end(CONTENT)
    })
    const host = await serve(({ headers }, response) => {
      if (headers.authorization === undefined)
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="here"' }).end()
      else response.writeHead(307, { Location: `http://${elsewhere}/somewhere` }).end()
    })
    expect(await contentOf(await open(host, PASSWORD))).toBe(CONTENT.toString())
    expect(seen).toEqual([undefined])
  })
})

describe('what is sent', () => {
  it('is asked for again after "not now", as late as the registry says', async () => {
    let count = 0
    const host = await serve((_request, response) => {
      count += 1
      if (count === 1) response.writeHead(429, { 'Retry-After': '1' }).end()
      else if (count === 2) response.writeHead(503).end()
      else response.end(CONTENT)
    })
    const startedAt = Date.now()
    expect(await contentOf(await open(host, undefined))).toBe(CONTENT.toString())
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1900)
    expect(count).toBe(3)
  })

  it('is given up at once where the registry asks for an hour', async () => {
    const host = await serve((_request, response) => response.writeHead(429, { 'Retry-After': '3600' }).end())
    const repository = await open(host, undefined)
    await expect(contentOf(repository)).rejects.toMatchObject({ exitCode: 9 })
  })

  it('is refused when it is not what its digest says', async () => {
    const host = await serve(({ url = '' }, response) => {
      if (url.includes('/blobs/')) response.end('what is in another')
      else sendManifest(response)
    })
    const repository = await open(host, undefined)
    const other = Buffer.from('something else, too')
    const blob = { digest: parseDigest(digestOf(other)), size: 'what is in another'.length }
    await expect(repository.read(blob, 1000)).rejects.toMatchObject({ code: 'DIGEST_INVALID' })
    await expect(repository.manifests.find(digestOf('another manifest'))).rejects.toMatchObject({
      code: 'DIGEST_INVALID',
    })
  })

  it('is put together from a registry that knows no ranges and cuts every answer short', async () => {
    let sent = 4
    const host = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': CONTENT.length })
      response.write(CONTENT.subarray(0, sent), () => response.destroy())
      sent += 6
    })
    expect(await contentOf(await open(host, undefined))).toBe(CONTENT.toString())
  })
})

describe('a challenge', () => {
  it('is read with several schemes, quotes and commas in values', () => {
    const header =
      'Bearer realm="https://a.example.com/t?x=1,2",service="a \\"b\\"", scope="r:a:pull,push" , Basic realm=plain'
    expect(parseChallenges(header)).toEqual([
      {
        scheme: 'bearer',
        parameters: { realm: 'https://a.example.com/t?x=1,2', service: 'a "b"', scope: 'r:a:pull,push' },
      },
      { scheme: 'basic', parameters: { realm: 'plain' } },
    ])
    expect(parseChallenges(undefined)).toEqual([])
    expect(parseChallenges('  ,,, "')).toEqual([])
  })
})
