import { describe, expect, test } from 'vitest'
import { loadWith, problemsWith } from './load-with.ts'

const SECONDS = 'a whole number from 1 to 86400'
const ORIGIN = 'an http or https URL without a path, such as https://registry.example.com'
const HOST = 'an IP address or a host name, without a port'
const NAME = 'a name of lower-case letters and digits, separated by one of . _ __ -, and not library'
const RANGE = 'an IP address or a CIDR range, such as 10.0.0.0/8'

describe('a wrong value is refused with what it must be', () => {
  test.each([
    ['KONTOR_DATA_DIR', '', 'dataDir must be the path of a folder, not ""'],
    ['KONTOR_HTTP__HOST', '', `http.host must be ${HOST}, not ""`],
    ['KONTOR_HTTP__HOST', '0.0.0.0:80', `http.host must be ${HOST}, not "0.0.0.0:80"`],
    ['KONTOR_HTTP__HOST', '256.0.0.1', `http.host must be ${HOST}, not "256.0.0.1"`],
    ['KONTOR_HTTP__HOST', 'http://a', `http.host must be ${HOST}, not "http://a"`],
    ['KONTOR_HTTP__PORT', '65536', 'http.port must be a whole number from 0 to 65535, not 65536'],
    ['KONTOR_HTTP__PORT', '-1', 'http.port must be a whole number from 0 to 65535, not -1'],
    ['KONTOR_HTTP__PORT', '80.5', 'http.port must be a whole number from 0 to 65535, not "80.5"'],
    ['KONTOR_HTTP__PORT', '0x50', 'http.port must be a whole number from 0 to 65535, not "0x50"'],
    ['KONTOR_HTTP__PUBLIC_URL', 'registry.example.com', `http.publicUrl must be ${ORIGIN}, not "registry.example.com"`],
    ['KONTOR_HTTP__PUBLIC_URL', 'https://a.example/v2', `http.publicUrl must be ${ORIGIN}, not "https://a.example/v2"`],
    ['KONTOR_HTTP__PUBLIC_URL', 'https://u@a.example', `http.publicUrl must be ${ORIGIN}, not "https://u@a.example"`],
    ['KONTOR_HTTP__PUBLIC_URL', 'https://a.example?', `http.publicUrl must be ${ORIGIN}, not "https://a.example?"`],
    ['KONTOR_HTTP__PUBLIC_URL', 'ftp://a.example', `http.publicUrl must be ${ORIGIN}, not "ftp://a.example"`],
    ['KONTOR_HTTP__PUBLIC_URL', 'https://a:99999', `http.publicUrl must be ${ORIGIN}, not "https://a:99999"`],
    ['KONTOR_HTTP__TRUST_PROXY', '::1,proxy', `every item of http.trustProxy must be ${RANGE}, not "proxy"`],
    ['KONTOR_HTTP__TRUST_PROXY', '10.0.0.0/33', `every item of http.trustProxy must be ${RANGE}, not "10.0.0.0/33"`],
    ['KONTOR_HTTP__TRUST_PROXY', '::/129', `every item of http.trustProxy must be ${RANGE}, not "::/129"`],
    ['KONTOR_HTTP__TRUST_PROXY', '::1,', `every item of http.trustProxy must be ${RANGE}, not ""`],
    ['KONTOR_HTTP__TRUST_PROXY', 'fe80::1%eth0', `every item of http.trustProxy must be ${RANGE}, not "fe80::1%eth0"`],
    ['KONTOR_HTTP__IDLE_TIMEOUT_SECONDS', '0', `http.idleTimeoutSeconds must be ${SECONDS}, not 0`],
    ['KONTOR_HTTP__KEEP_ALIVE_SECONDS', '0', `http.keepAliveSeconds must be ${SECONDS}, not 0`],
    ['KONTOR_HTTP__DRAIN_SECONDS', '-5', 'http.drainSeconds must be a whole number from 0 to 86400, not -5'],
    ['KONTOR_HTTP__MAX_CONNECTIONS', '0', 'http.maxConnections must be a whole number, 1 or greater, not 0'],
    ['KONTOR_ADMIN__USERNAME', 'Admin', `admin.username must be ${NAME}, not "Admin"`],
    ['KONTOR_ADMIN__PASSWORD', '', 'admin.password must be a password, not empty and of at most 1024 bytes'],
    ['KONTOR_TOKENS__LIFETIME_SECONDS', '59', 'tokens.lifetimeSeconds must be a whole number from 60 to 86400, not 59'],
    ['KONTOR_TOKENS__REFRESH_TOKENS', '1', 'tokens.refreshTokens must be true or false, not "1"'],
    ['KONTOR_TOKENS__KEY_ROTATION_DAYS', '0', 'tokens.keyRotationDays must be a whole number from 1 to 3650, not 0'],
    [
      'KONTOR_UPLOADS__EXPIRE_AFTER_HOURS',
      '0',
      'uploads.expireAfterHours must be a whole number from 1 to 8760, not 0',
    ],
    ['KONTOR_MANIFESTS__ALLOW_SPARSE_INDEXES', 'no', 'manifests.allowSparseIndexes must be true or false, not "no"'],
    ['KONTOR_LOG__FORMAT', 'prety', 'log.format must be one of json, pretty, not "prety"; did you mean pretty?'],
    ['KONTOR_LOG__ACCESS', 'yes', 'log.access must be true or false, not "yes"'],
    ['KONTOR_METRICS__ANONYMOUS', 'TRUE', 'metrics.anonymous must be true or false, not "TRUE"'],
  ])('%s=%s', (name, text, problem) => {
    expect(problemsWith({ env: { [name]: text } })).toEqual([`${name}: ${problem}`])
  })

  test('in a list that is no list', () => {
    expect(problemsWith({ yaml: 'http:\n  trustProxy: 10.0.0.0/8\n' })).toEqual([
      'kontor.yaml:2:15: http.trustProxy must be a list of IP addresses and CIDR ranges, such as 10.0.0.0/8, not "10.0.0.0/8"',
    ])
  })

  test('in several items of one list', () => {
    expect(problemsWith({ yaml: 'http: { trustProxy: [::1, 5, [::1]] }' })).toEqual([
      `kontor.yaml:1:21: every item of http.trustProxy must be ${RANGE}, not 5`,
      `kontor.yaml:1:21: every item of http.trustProxy must be ${RANGE}, not a list`,
    ])
  })

  test('shortened, when it is long', () => {
    const [problem] = problemsWith({ env: { KONTOR_LOG__LEVEL: 'x'.repeat(500) } })
    expect(problem).toMatch(/not "x{59}…$/)
  })
})

test('a certificate without its key is refused, and a key without its certificate', () => {
  expect(problemsWith({ env: { KONTOR_HTTP__TLS__CERT_FILE: 'cert.pem' } })).toEqual([
    'KONTOR_HTTP__TLS__CERT_FILE: http.tls.certFile needs http.tls.keyFile beside it; set both or none',
  ])
  expect(problemsWith({ flags: ['--http.tls.key-file=key.pem'] })).toEqual([
    '--http.tls.key-file: http.tls.keyFile needs http.tls.certFile beside it; set both or none',
  ])
})

test('no problem ever shows a secret', () => {
  const yaml = 'admin:\n  password: [hunter2]\n'
  expect(problemsWith({ yaml })).toEqual([
    'kontor.yaml:2:13: admin.password must be a password, not empty and of at most 1024 bytes',
  ])
})

test('hosts by name or by address of either family are taken', () => {
  for (const host of ['0.0.0.0', '::', '::1', 'fe80::1%eth0', 'localhost', 'registry-1.internal.example']) {
    expect(loadWith({ env: { KONTOR_HTTP__HOST: host } }).config.http.host).toBe(host)
  }
})
