import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type OpenTlsMaterial, openTlsMaterial, type TlsMaterial } from '../../../../server/http/tls.ts'
import { createSelfSignedCertificate, type SelfSignedCertificate } from '../../../support/self-signed-certificate.ts'

const POLL_MS = 20

let folder: string
let certFile: string
let keyFile: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-tls-'))
  certFile = join(folder, 'tls.crt')
  keyFile = join(folder, 'tls.key')
})
afterEach(() => rm(folder, { recursive: true }))

async function write({ cert, key }: SelfSignedCertificate, files = { certFile, keyFile }): Promise<void> {
  await writeFile(files.certFile, cert)
  await writeFile(files.keyFile, key)
}

/** Opens the material in the files and remembers what its watch says. */
async function open(
  files = { certFile, keyFile },
): Promise<{ tls: OpenTlsMaterial; reloads: TlsMaterial[]; errors: string[] }> {
  const reloads: TlsMaterial[] = []
  const errors: string[] = []
  const tls = await openTlsMaterial({
    ...files,
    pollMs: POLL_MS,
    onReload: (material) => reloads.push(material),
    onError: (error) => errors.push(error.message),
  })
  onTestFinished(() => tls.close())
  return { tls, reloads, errors }
}

describe('the certificate and its key', () => {
  test('are read and can be used', async () => {
    const made = createSelfSignedCertificate()
    await write(made)
    const { tls, errors } = await open()
    expect([tls.cert.toString(), tls.key.toString()]).toEqual([made.cert, made.key])
    expect(errors).toEqual([])
  })

  test('are refused when a file is not there', async () => {
    await writeFile(certFile, createSelfSignedCertificate().cert)
    await expect(open()).rejects.toThrow(`http.tls.keyFile: the file ${keyFile} does not exist; correct the path`)
  })

  test('are refused when a path is that of a folder', async () => {
    await write(createSelfSignedCertificate())
    await rm(certFile)
    await mkdir(certFile)
    await expect(open()).rejects.toThrow(`http.tls.certFile: the file ${certFile} is a folder; name the file inside it`)
  })

  test.each([
    ['', 'empty'],
    ['hello', 'text'],
    ['-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n', 'PEM of something else'],
  ])('are refused when the certificate is %j (%s)', async (cert) => {
    await write({ ...createSelfSignedCertificate(), cert })
    await expect(open()).rejects.toThrow(
      `${certFile} holds no certificate; it must begin with "-----BEGIN CERTIFICATE-----"`,
    )
  })

  test('are refused when the certificate is binary', async () => {
    const { cert, key } = createSelfSignedCertificate()
    await write({ cert: '', key })
    await writeFile(certFile, new X509Certificate(cert).raw)
    await expect(open()).rejects.toThrow(`${certFile} holds no certificate`)
  })

  test('are refused when the key is none', async () => {
    await write({ ...createSelfSignedCertificate(), key: 'hello' })
    await expect(open()).rejects.toThrow(
      `${keyFile} holds no private key; it must begin with "-----BEGIN PRIVATE KEY-----" or the like`,
    )
  })

  test('are refused when the key has a passphrase, with the command that takes it off', async () => {
    const { cert, key } = createSelfSignedCertificate()
    const encrypted = createPrivateKey(key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'hunter2',
    })
    await write({ cert, key: encrypted.toString() })
    await expect(open()).rejects.toThrow(
      `the private key in ${keyFile} is encrypted; take the passphrase off with: openssl pkey -in ${keyFile} -out <new file>`,
    )
  })

  test('are refused when they do not belong together', async () => {
    await write({ cert: createSelfSignedCertificate().cert, key: createSelfSignedCertificate().key })
    await expect(open()).rejects.toThrow(
      `the private key in ${keyFile} does not belong to the first certificate in ${certFile};`,
    )
  })

  test('are refused when OpenSSL finds the rest of the chain broken', async () => {
    const { cert, key } = createSelfSignedCertificate()
    await write({ cert: `${cert}-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n`, key })
    await expect(open()).rejects.toThrow(`${certFile} and ${keyFile} cannot be used for TLS: `)
  })

  test('are used with a warning when the certificate has expired, or is not valid yet', async () => {
    await write(createSelfSignedCertificate({ from: new Date('2020-01-01'), to: new Date('2021-01-01T12:30:00Z') }))
    expect((await open()).errors).toEqual([
      `the certificate in ${certFile} expired on Jan  1 12:30:00 2021 GMT; clients will refuse it until it is renewed`,
    ])
    await write(createSelfSignedCertificate({ from: new Date('2045-01-01'), to: new Date('2046-01-01') }))
    expect((await open()).errors).toEqual([
      `the certificate in ${certFile} is not valid before Jan  1 00:00:00 2045 GMT; clients will refuse it until then`,
    ])
  })
})

describe('a change of the files', () => {
  test('is taken up once both files are there, without a word about the half of it', async () => {
    await write(createSelfSignedCertificate())
    const { reloads, errors } = await open()
    const renewed = createSelfSignedCertificate()
    await write(renewed)
    await vi.waitFor(() => expect(reloads).toHaveLength(1))
    expect(reloads.map(({ cert, key }) => [cert.toString(), key.toString()])).toEqual([[renewed.cert, renewed.key]])
    expect(errors).toEqual([])
  })

  test('is noticed when Kubernetes swaps the folder behind the files', async () => {
    const [first, second] = [createSelfSignedCertificate(), createSelfSignedCertificate()]
    for (const [name, { cert, key }] of Object.entries({ first, second })) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'tls.crt'), cert)
      await writeFile(join(folder, name, 'tls.key'), key)
    }
    await symlink('first', join(folder, '..data'))
    await symlink('..data/tls.crt', certFile)
    await symlink('..data/tls.key', keyFile)
    const { tls, reloads } = await open()
    expect(tls.cert.toString()).toBe(first.cert)

    await symlink('second', join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
    await vi.waitFor(() => expect(reloads).toHaveLength(1))
    expect(reloads[0]?.cert.toString()).toBe(second.cert)
  })

  test('that cannot be used is reported once, and the next one that can be is taken up', async () => {
    await write(createSelfSignedCertificate())
    const { reloads, errors } = await open()
    await writeFile(certFile, 'half a certifi')
    await vi.waitFor(() => expect(errors).not.toHaveLength(0))
    await pollSomethingElse()
    await rm(keyFile)
    await vi.waitFor(() => expect(errors.at(-1)).toContain(keyFile))
    await write(createSelfSignedCertificate())
    await vi.waitFor(() => expect(reloads).toHaveLength(1))
    expect(errors).toEqual([
      `${certFile} holds no certificate; it must begin with "-----BEGIN CERTIFICATE-----"`,
      `http.tls.keyFile: the file ${keyFile} does not exist; correct the path`,
    ])
  })

  test('to a certificate that has expired is taken up with a warning', async () => {
    await write(createSelfSignedCertificate())
    const { reloads, errors } = await open()
    await write(createSelfSignedCertificate({ from: new Date('2020-01-01'), to: new Date('2021-01-01') }))
    await vi.waitFor(() => expect(errors).toHaveLength(1))
    expect(reloads).toHaveLength(1)
    expect(errors[0]).toContain('expired on Jan  1 00:00:00 2021 GMT')
  })

  test('reaches new connections of a running server', async () => {
    const [first, second] = [createSelfSignedCertificate(), createSelfSignedCertificate()]
    await write(first)
    const { tls, reloads } = await open()
    const server = createServer({ cert: tls.cert, key: tls.key }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await readServedCertificate(port)).toBe(new X509Certificate(first.cert).fingerprint256)

    await write(second)
    await vi.waitFor(() => expect(reloads).toHaveLength(1))
    for (const material of reloads) server.setSecureContext(material)
    expect(await readServedCertificate(port)).toBe(new X509Certificate(second.cert).fingerprint256)
  })
})

/** Resolves when another watch has taken up a change: by then every watch has polled a few times. */
async function pollSomethingElse(): Promise<void> {
  const files = { certFile: join(folder, 'other.crt'), keyFile: join(folder, 'other.key') }
  await write(createSelfSignedCertificate(), files)
  const { reloads } = await open(files)
  await write(createSelfSignedCertificate(), files)
  await vi.waitFor(() => expect(reloads).toHaveLength(1))
}

async function readServedCertificate(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}
