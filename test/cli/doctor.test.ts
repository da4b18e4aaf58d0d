import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { createSelfSignedCertificate } from '../support/self-signed-certificate.ts'

let root: string
let kontor: Kontor
let operator: CliUser
const opened: Server[] = []

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kontor-doctor-'))
  kontor = await startKontor()
  // Neither docker nor podman is there, whatever this machine has.
  operator = await createCliUser({ PATH: join(root, 'no-programs') })
})
afterAll(async () => {
  for (const server of opened) server.close()
  await operator.leave()
  await kontor.stop()
  await rm(root, { recursive: true })
})

interface Found {
  readonly code: number
  /** `check: state`, in order. */
  readonly states: readonly string[]
  /** By check, the last of each. */
  readonly of: Readonly<Record<string, { readonly message: string; readonly advice: string | null }>>
}

async function examine(arguments_: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Found> {
  const { code, stdout, stderr } = await operator.kontor(['doctor', ...arguments_, '--format', 'json'], { env })
  if (stderr !== '') throw new Error(stderr)
  const findings: { check: string; state: string; message: string; advice: string | null }[] = JSON.parse(stdout)
  return {
    code,
    states: findings.map(({ check, state }) => `${check}: ${state}`),
    of: Object.fromEntries(findings.map((finding) => [finding.check, finding])),
  }
}

/** What an administrator has put before a registry. @returns its address, by the same name as the registry's. */
async function startProxy(
  change: {
    readonly headers?: (host: string) => Record<string, string>
    readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean
    readonly answerHeaders?: Record<string, string>
  } = {},
): Promise<string> {
  const server = createServer((incoming, response) => {
    if (change.answer?.(incoming, response)) return
    const headers = { ...incoming.headers, ...change.headers?.(incoming.headers.host ?? '') }
    const { method, url: path } = incoming
    const passedOn = request(kontor.url, { method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...change.answerHeaders })
      answer.pipe(response)
    })
    incoming.pipe(passedOn)
  })
  opened.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The environment of somebody who has logged in there. */
async function logIn(host: string): Promise<NodeJS.ProcessEnv> {
  const auth = Buffer.from(`${kontor.username}:${kontor.password}`).toString('base64')
  const folder = await mkdtemp(join(root, 'docker-'))
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
  return { DOCKER_CONFIG: folder }
}

describe('a server', () => {
  test('that is as it should be is found so', async () => {
    expect(await operator.kontor(['doctor', kontor.host])).toEqual({
      code: 0,
      stdout: [
        `ok\tport\tport ${new URL(kontor.url).port} is open at 127.0.0.1\t`,
        "ok\tclock\tagrees with this machine's\t",
        'ok\tregistry\t/v2/ answers like a registry\t',
        `ok\tchallenge\ttokens come from ${kontor.url}/token\t`,
        'ok\tready\tit can serve\t',
        'ok\tapi\tthe API answers, so that kontor and the hub work\t',
        `skipped\tupload\tnot tried: nobody is logged in; kontor login ${kontor.host} makes it possible\t`,
        'skipped\tdocker\tneither docker nor podman is on this machine\t',
        '',
      ].join('\n'),
      stderr: '',
    })
  })

  test('takes two megabytes of whoever is logged in, and keeps nothing of them', async () => {
    const env = await logIn(kontor.host)
    const { code, of } = await examine([kontor.host], env)
    expect({ code, login: of['login']?.message, upload: of['upload']?.message }).toEqual({
      code: 0,
      login: 'logged in as admin',
      upload: '2 MiB go through',
    })
    const authorization = `Basic ${Buffer.from(`${kontor.username}:${kontor.password}`).toString('base64')}`
    const response = await fetch(`${kontor.url}/v2/_catalog`, { headers: { authorization } })
    expect(await response.json()).toEqual({ repositories: [] })
  })

  test('that nobody has started is missed', async () => {
    const { code, of } = await examine(['127.0.0.1:1'])
    expect(code).toBe(1)
    expect(of['port']).toMatchObject({
      message: 'nothing listens on port 1 at 127.0.0.1',
      advice: 'start the registry (kontor serve), or correct the port',
    })
  })

  test('whose name is not known is missed', async () => {
    const { code, states } = await examine(['registry.invalid'])
    expect({ code, states }).toEqual({ code: 1, states: ['dns: failed'] })
  })

  test('that is no registry is told from one', async () => {
    const host = await startProxy({
      answer(_request, response) {
        response.end('<h1>It works!</h1>')
        return true
      },
    })
    const { code, of } = await examine([host])
    expect({ code, message: of['registry']?.message }).toEqual({
      code: 1,
      message: '/v2/ answers with 200 and asks for no credentials',
    })
  })

  test('whose clock is off is told so', async () => {
    const off = await startProxy({ answerHeaders: { date: new Date(Date.now() - 600_000).toUTCString() } })
    const { code, of } = await examine([off])
    expect(code).toBe(1)
    expect(of['clock']?.message).toMatch(/^its clock is (599|600|601) s behind this machine's$/)
  })

  test('that docker refuses for plain HTTP is found so, unless docker is told', async () => {
    const port = new URL(kontor.url).port
    const programs = await mkdtemp(join(root, 'programs-'))
    const docker = join(programs, 'docker')
    const say = async (config: object) => {
      await writeFile(docker, `#!/bin/sh\necho '${JSON.stringify(config)}'\n`)
      await chmod(docker, 0o755)
    }
    await say({ InsecureRegistryCIDRs: ['127.0.0.0/8'], IndexConfigs: {} })
    // An address that leads here, and is not one of those that docker trusts.
    const address = `http://0.0.0.0:${port}`
    const refused = await examine([address], { PATH: programs })
    expect(refused.code).toBe(1)
    expect(refused.of['docker']?.advice).toContain(`"insecure-registries": ["0.0.0.0:${port}"]`)
    await say({ InsecureRegistryCIDRs: ['127.0.0.0/8'], IndexConfigs: { [`0.0.0.0:${port}`]: { Secure: false } } })
    const taken = await examine([address], { PATH: programs })
    expect(taken.code).toBe(0)
    expect(taken.states).toEqual(expect.arrayContaining(['docker: ok', 'certificate: warning']))
  })
})

describe('a proxy', () => {
  test('that passes everything on is not noticed', async () => {
    const host = await startProxy()
    expect((await examine([host], await logIn(host))).code).toBe(0)
  })

  test('that does not pass the host on sends clients elsewhere for tokens', async () => {
    const host = await startProxy({ headers: () => ({ host: 'registry.invalid' }) })
    const { code, of } = await examine([host])
    expect(code).toBe(1)
    expect(of['challenge']?.message).toContain(
      `clients of http://${host} are sent to http://registry.invalid for tokens`,
    )
    expect(of['challenge']?.advice).toContain(`set http.publicUrl: http://${host}`)
  })

  test('that refuses large bodies is found with its limit', async () => {
    const host = await startProxy({
      answer(incoming, response) {
        if (Number(incoming.headers['content-length'] ?? 0) <= 1024 * 1024) return false
        // Like nginx, which reads on for a while so that its answer gets through.
        incoming.on('end', () => response.writeHead(413).end()).resume()
        return true
      },
    })
    const { code, of } = await examine([host], await logIn(host))
    expect(code).toBe(1)
    expect(of['upload']).toMatchObject({
      message: '2 MiB do not go through (413)',
      advice: expect.stringContaining('client_max_body_size 0'),
    })
  })

  test('that passes on nothing but /v2/ is warned of', async () => {
    const host = await startProxy({
      answer(incoming, response) {
        if (/^\/(v2|token)/.test(incoming.url ?? '')) return false
        response.writeHead(404).end()
        return true
      },
    })
    const { code, states } = await examine([host])
    expect(code).toBe(0)
    expect(states).toEqual(expect.arrayContaining(['ready: warning', 'api: warning', 'challenge: ok']))
  })
})

describe('with settings', () => {
  async function writeSettings(text: string): Promise<string> {
    const file = join(await mkdtemp(join(root, 'settings-')), 'kontor.yaml')
    await writeFile(file, text)
    return file
  }

  test('it looks at them, at the data folder and at the server that they describe', async () => {
    const { port } = new URL(kontor.url)
    const file = await writeSettings(`dataDir: ${kontor.dataDir}\nhttp: {port: ${port}}\n`)
    const { code, states } = await examine(['--config', file])
    expect(code).toBe(0)
    expect(states.slice(0, 5)).toEqual(['settings: ok', 'data folder: ok', 'disk: ok', 'database: ok', 'server: ok'])
    expect(states).toContain('registry: ok')
  })

  test('it names each problem with its line', async () => {
    const file = await writeSettings('http:\n  port: 70000\nadmn: {}\n')
    const { code, states, of } = await examine(['--config', file])
    expect({ code, states }).toEqual({ code: 1, states: ['settings: failed', 'settings: failed'] })
    expect(of['settings']?.message).toBe(`${file}:2:9: http.port must be a whole number from 0 to 65535, not 70000`)
  })

  test('it says that the server does not run, which keeps nobody from looking', async () => {
    const dataDir = join(root, 'not-yet')
    const file = await writeSettings(`dataDir: ${dataDir}\nhttp: {port: 1}\n`)
    const { code, states, of } = await examine(['--config', file])
    expect(code).toBe(0)
    expect(states.at(-1)).toBe('server: warning')
    expect(of['data folder']?.message).toBe(`${dataDir} does not exist yet; the first start makes it`)
  })

  test('it warns of a data folder that others may look into', async () => {
    const dataDir = join(root, 'open')
    await mkdir(dataDir)
    await chmod(dataDir, 0o755)
    const { of } = await examine(['--config', await writeSettings('http: {port: 1}\n'), '--data-dir', dataDir])
    expect(of['data folder']?.advice).toBe(`chmod 700 ${dataDir}`)
  })
})

describe('a certificate', () => {
  async function startTls(validity: Parameters<typeof createSelfSignedCertificate>[0] = {}) {
    const folder = await mkdtemp(join(root, 'tls-'))
    const files = { certFile: join(folder, 's.crt'), keyFile: join(folder, 's.key') }
    const { cert, key } = createSelfSignedCertificate(validity)
    await writeFile(files.certFile, cert)
    await writeFile(files.keyFile, key)
    return { ...files, server: await startKontor({ tls: files }) }
  }

  test('of nobody who is known is not trusted, and no credentials are sent', async () => {
    const { server, certFile } = await startTls()
    try {
      const { port } = new URL(server.url)
      const unknown = await examine([`https://127.0.0.1:${port}`], await logIn(`127.0.0.1:${port}`))
      expect(unknown.code).toBe(1)
      expect(unknown.of['certificate']).toMatchObject({
        message: 'this machine does not trust it (DEPTH_ZERO_SELF_SIGNED_CERT)',
        advice: expect.stringContaining(`/etc/docker/certs.d/127.0.0.1:${port}/ca.crt`),
      })
      expect(unknown.states).not.toContain('login: ok')
      const known = await examine([`https://127.0.0.1:${port}`], { NODE_EXTRA_CA_CERTS: certFile })
      expect(known.states).toEqual(expect.arrayContaining(['certificate: warning', 'certificate: ok', 'challenge: ok']))
      expect(known.code).toBe(0)
      const plain = await examine([`http://127.0.0.1:${port}`])
      expect(plain.of['registry']?.advice).toBe(`perhaps it speaks TLS: kontor doctor https://127.0.0.1:${port}`)
    } finally {
      await server.stop()
    }
  })

  test('that expired, and one for another name, are found so', async () => {
    const { server, certFile } = await startTls({ from: new Date('2020-01-01'), to: new Date('2020-02-01') })
    try {
      const { port } = new URL(server.url)
      const { of } = await examine([`https://127.0.0.1:${port}`], { NODE_EXTRA_CA_CERTS: certFile })
      expect(of['certificate']?.message).toBe('it expired on Feb  1 00:00:00 2020 GMT')
      const { stdout } = await operator.kontor(['doctor', `https://0.0.0.0:${port}`, '-f', 'check=certificate'])
      expect(stdout).toContain('the certificate is not for 0.0.0.0 but for DNS:localhost, IP Address:127.0.0.1')
    } finally {
      await server.stop()
    }
  })
})
