import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClientOrigin, createReadClientOrigin } from '../../../server/http/client-origin.ts'
import { createSelfSignedCertificate } from '../../support/self-signed-certificate.ts'

type Options = Parameters<typeof createReadClientOrigin>[0]

/** A server that tells each client what it takes it for, reading it as the options in the path say. */
function listen(server: Server): Promise<number> {
  server.on('request', (request, response) => {
    const options: Options = JSON.parse(decodeURIComponent(request.url?.slice(1) ?? ''))
    response.end(JSON.stringify(createReadClientOrigin(options)(request)))
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

const { cert, key } = createSelfSignedCertificate()
const plain = createServer()
const secure = createTlsServer({ cert, key })
let port: number
let securePort: number

beforeAll(async () => {
  port = await listen(plain)
  securePort = await listen(secure)
})

afterAll(() => {
  plain.close()
  secure.close()
})

/** Sends a request with exactly these header lines, which no HTTP client would let through. */
function ask(options: Options, headers: readonly string[], isSecure = false): Promise<ClientOrigin> {
  const path = `/${encodeURIComponent(JSON.stringify(options))}`
  const request = [`GET ${path} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n')
  const socket = isSecure
    ? connectTls({ port: securePort, host: '127.0.0.1', rejectUnauthorized: false })
    : connect(port, '127.0.0.1')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('end', () => {
      const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
      if (!head.startsWith('HTTP/1.1 200')) return reject(new Error(head.split('\r\n')[0]))
      resolve(JSON.parse(body.replace(/^[0-9a-f]+\r\n/, '').split('\r\n')[0] ?? ''))
    })
    socket.write(request)
  })
}

const NOBODY: Options = { trustProxy: [] }
const LOCAL: Options = { trustProxy: ['127.0.0.0/8'] }
const CHAIN: Options = { trustProxy: ['127.0.0.1', '10.0.0.0/8', '2001:db8:aaaa::/48'] }

describe('without a proxy', () => {
  test.each([
    'reg.example.com',
    'reg.example.com:5000',
    'localhost:5000',
    '192.0.2.1:5000',
    '[2001:db8::1]:5000',
    '[::1]',
    'REG.example.com',
    'my_registry:5000',
  ])('the host is the one the client used: %s (TOP-4)', async (host) => {
    expect(await ask(NOBODY, [`Host: ${host}`])).toEqual({ address: '127.0.0.1', origin: `http://${host}` })
  })

  test('the scheme is the one the client used', async () => {
    expect(await ask(NOBODY, ['Host: reg.example.com'], true)).toEqual({
      address: '127.0.0.1',
      origin: 'https://reg.example.com',
    })
  })

  test.each([
    'a"b',
    'a b',
    'a,b',
    'a/b',
    'a@b',
    'user:pass@evil.example',
    'evil.example/path',
    'evil.example?x',
    'evil.example#x',
    'a:b',
    'a:123456',
    'a:',
    'a\tb',
    'é.example',
    '[::1',
    '::1',
    '<script>',
    '',
  ])('a host that is none is replaced by our own address: "%s" (S36, S54)', async (host) => {
    expect(await ask(NOBODY, [`Host: ${host}`])).toEqual({ address: '127.0.0.1', origin: `http://127.0.0.1:${port}` })
  })

  test('what the client says of proxies counts for nothing (S54)', async () => {
    const headers = [
      'Host: reg.example.com',
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: https',
      'Forwarded: for=203.0.113.9;host=evil.example;proto=https',
      'X-Real-IP: 203.0.113.9',
    ]
    const expected = { address: '127.0.0.1', origin: 'http://reg.example.com' }
    expect(await ask(NOBODY, headers)).toEqual(expected)
    expect(await ask({ trustProxy: ['10.0.0.0/8', '::1', '2001:db8::/32'] }, headers)).toEqual(expected)
  })
})

describe('behind a proxy that is trusted', () => {
  test('address, scheme and host are those that the proxy saw', async () => {
    const headers = [
      'Host: internal:5000',
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Host: reg.example.com',
      'X-Forwarded-Proto: https',
    ]
    expect(await ask(LOCAL, headers)).toEqual({ address: '203.0.113.9', origin: 'https://reg.example.com' })
  })

  test('what it does not say is seen by ourselves', async () => {
    expect(await ask(LOCAL, ['Host: reg.example.com'])).toEqual({
      address: '127.0.0.1',
      origin: 'http://reg.example.com',
    })
    expect(await ask(LOCAL, ['Host: internal', 'X-Forwarded-Host: reg.example.com'], true)).toMatchObject({
      origin: 'https://reg.example.com',
    })
    expect(await ask(LOCAL, ['Host: reg.example.com', 'X-Forwarded-Proto: https'])).toMatchObject({
      origin: 'https://reg.example.com',
    })
    expect(await ask(LOCAL, ['Host: reg.example.com', 'X-Forwarded-Proto: http'], true)).toMatchObject({
      origin: 'http://reg.example.com',
    })
  })

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['1.1.1.1,203.0.113.9,10.1.2.3,10.9.9.9', '203.0.113.9'],
    ['10.1.2.3, 203.0.113.9', '203.0.113.9'],
    ['2001:db8::9', '2001:db8::9'],
    ['2001:db8::9, 2001:db8:aaaa::1', '2001:db8::9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, ::ffff:10.1.2.3', '203.0.113.9'],
    ['unknown, 203.0.113.9', '203.0.113.9'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3, 10.9.9.9', '10.1.2.3'],
  ])('the address is the last that is no trusted proxy’s, or else the farthest: %s', async (forwardedFor, address) => {
    expect(await ask(CHAIN, ['Host: a', `X-Forwarded-For: ${forwardedFor}`])).toMatchObject({ address })
  })

  test.each([
    'unknown',
    '203.0.113.9, unknown',
    '203.0.113.9:1234',
    '203.0.113.9, 10.1.2.3:99',
    '',
    ',',
    '203.0.113.999',
    '<script>',
  ])('where that cannot be told it is the proxy’s own: "%s"', async (forwardedFor) => {
    expect(await ask(CHAIN, ['Host: a', `X-Forwarded-For: ${forwardedFor}`])).toMatchObject({ address: '127.0.0.1' })
  })

  test('several headers are one list', async () => {
    const headers = ['Host: a', 'X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 10.1.2.3']
    expect(await ask(CHAIN, headers)).toMatchObject({ address: '203.0.113.9' })
  })

  test('of several hosts and schemes the first counts: it is what the client used', async () => {
    const headers = [
      'Host: internal',
      'X-Forwarded-Host: reg.example.com, mid.example',
      'X-Forwarded-Proto: https,http',
    ]
    expect(await ask(LOCAL, headers)).toMatchObject({ origin: 'https://reg.example.com' })
  })

  test.each(['a"b', 'a b', 'evil.example/x', 'user@evil.example', ''])(
    'a forwarded host that is none counts for nothing: "%s" (S36, S54)',
    async (host) => {
      expect(await ask(LOCAL, ['Host: reg.example.com', `X-Forwarded-Host: ${host}`])).toMatchObject({
        origin: 'http://reg.example.com',
      })
    },
  )

  test.each(['ftp', 'HTTPS', 'javascript', 'https:', ''])(
    'a forwarded scheme that is none counts for nothing: "%s"',
    async (scheme) => {
      expect(await ask(LOCAL, ['Host: a', `X-Forwarded-Proto: ${scheme}`])).toMatchObject({ origin: 'http://a' })
    },
  )
})

test('the public URL is the origin, whatever anybody says; the address is still found', async () => {
  const options = { trustProxy: ['127.0.0.1'], publicUrl: 'https://reg.example.com' }
  const headers = [
    'Host: a',
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Proto: http',
    'X-Forwarded-For: 203.0.113.9',
  ]
  const expected = { address: '203.0.113.9', origin: 'https://reg.example.com' }
  expect(await ask(options, headers)).toEqual(expected)
  expect(await ask(options, headers, true)).toEqual(expected)
})

test.each([
  [['127.0.0.1'], true],
  [['127.0.0.1/32'], true],
  [['127.0.0.0/8'], true],
  [['0.0.0.0/0'], true],
  [['127.0.0.2'], false],
  [['127.0.0.2/32'], false],
  [['126.0.0.0/8'], false],
  [['2001:db8::/32'], false],
  [['::1'], false],
])('a proxy at 127.0.0.1 is trusted by %j: %s', async (trustProxy, isTrusted) => {
  const { address } = await ask({ trustProxy }, ['Host: a', 'X-Forwarded-For: 203.0.113.9'])
  expect(address).toBe(isTrusted ? '203.0.113.9' : '127.0.0.1')
})
