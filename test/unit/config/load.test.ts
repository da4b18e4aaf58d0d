import { expect, test } from 'vitest'
import { loadConfig } from '../../../config/load.ts'
import { CWD, loadWith, problemsWith } from './load-with.ts'

test('without any settings, everything has its default', () => {
  expect(loadWith({}).config).toEqual({
    dataDir: `${CWD}/data`,
    http: {
      host: '127.0.0.1',
      port: 5000,
      trustProxy: [],
      idleTimeoutSeconds: 120,
      keepAliveSeconds: 120,
      drainSeconds: 30,
    },
    admin: { username: 'admin' },
    accounts: { signUp: false, usersCreateOrganizations: true, holdNamesDays: 90 },
    audit: { retentionDays: 365 },
    tokens: { lifetimeSeconds: 900, refreshTokens: true, keyRotationDays: 30 },
    uploads: { expireAfterHours: 24, maxSessionsPerUser: 1000 },
    manifests: { allowSparseIndexes: true },
    archives: { maxBytes: 107_374_182_400 },
    search: { threads: 2, sendPodmanToCatalog: true },
    log: { level: 'info', format: 'json', access: true },
    metrics: { anonymous: false },
  })
})

test('the file is stronger than the defaults, the environment than the file, flags than the environment', () => {
  const yaml = 'http: { port: 1, drainSeconds: 1, keepAliveSeconds: 1 }'
  const env = { KONTOR_HTTP__PORT: '2', KONTOR_HTTP__DRAIN_SECONDS: '2' }
  const { config, sources } = loadWith({ yaml, env, flags: ['--http.port', '3'] })
  expect(config.http).toMatchObject({ port: 3, drainSeconds: 2, keepAliveSeconds: 1, idleTimeoutSeconds: 120 })
  expect(sources.get('http.port')).toEqual({ kind: 'flag', name: '--http.port' })
  expect(sources.get('http.drainSeconds')).toEqual({ kind: 'environment', name: 'KONTOR_HTTP__DRAIN_SECONDS' })
  expect(sources.get('http.keepAliveSeconds')).toEqual({ kind: 'file', path: 'kontor.yaml', line: 1, column: 53 })
  expect(sources.get('http.idleTimeoutSeconds')).toEqual({ kind: 'default' })
})

test('one section may come from several places', () => {
  const { config } = loadWith({
    yaml: 'http:\n  tls:\n    certFile: cert.pem',
    env: { KONTOR_HTTP__TLS__KEY_FILE: '/run/secrets/key.pem' },
  })
  expect(config.http.tls).toEqual({ certFile: `${CWD}/cert.pem`, keyFile: '/run/secrets/key.pem' })
})

test('every network is served once there is TLS, unless a host is named', () => {
  const tls = { KONTOR_HTTP__TLS__CERT_FILE: 'cert.pem', KONTOR_HTTP__TLS__KEY_FILE: 'key.pem' }
  expect(loadWith({ env: tls }).config.http.host).toBe('0.0.0.0')
  expect(loadWith({ env: { ...tls, KONTOR_HTTP__HOST: '::1' } }).config.http.host).toBe('::1')
})

test('a public URL is kept without the slash at its end, and without the port that goes without saying', () => {
  const publicUrlOf = (text: string) => loadWith({ env: { KONTOR_HTTP__PUBLIC_URL: text } }).config.http.publicUrl
  expect(publicUrlOf('https://Registry.example.com/')).toBe('https://registry.example.com')
  expect(publicUrlOf('https://registry.example.com:443')).toBe('https://registry.example.com')
  expect(publicUrlOf('http://[::1]:5000')).toBe('http://[::1]:5000')
})

test('the configuration is frozen in all its depth', () => {
  const { config } = loadWith({
    env: { KONTOR_HTTP__TLS__CERT_FILE: 'c', KONTOR_HTTP__TLS__KEY_FILE: 'k', KONTOR_HTTP__TRUST_PROXY: '::1' },
  })
  const parts = [config, config.http, config.http.tls, config.http.trustProxy, config.admin, config.log]
  expect(parts.every((part) => Object.isFrozen(part))).toBe(true)
})

test('KONTOR_CONFIG names another file than kontor.yaml, and --config is stronger', () => {
  const files = { '/etc/kontor.yaml': 'log: { level: warn }', [`${CWD}/mine.yaml`]: 'log: { level: debug }' }
  const yaml = 'log: { level: error }'
  const env = { KONTOR_CONFIG: '/etc/kontor.yaml' }
  expect(loadWith({ yaml, files, env }).config.log.level).toBe('warn')
  expect(loadWith({ yaml, files, env, configFile: 'mine.yaml' }).config.log.level).toBe('debug')
})

test('a file that is named must be there', () => {
  expect(problemsWith({ env: { KONTOR_CONFIG: '/etc/kontor.yaml' } })).toEqual([
    'KONTOR_CONFIG: the file /etc/kontor.yaml does not exist; correct the path',
  ])
  expect(problemsWith({ configFile: 'mine.yaml' })).toEqual([
    '--config: the file mine.yaml does not exist; correct the path',
  ])
  expect(problemsWith({ env: { KONTOR_CONFIG: '' } })).toEqual(['KONTOR_CONFIG: names no file; give the path of one'])
})

test.each([
  ['EACCES', 'may not be read by the user Kontor runs as; change its owner or mode'],
  ['EISDIR', 'is a folder; name the file inside it'],
  ['EIO', 'cannot be read (disk trouble)'],
])('a kontor.yaml that cannot be read (%s) is a problem, not an absent one', (code, explanation) => {
  const readFile = () => {
    throw Object.assign(new Error('disk trouble'), { code })
  }
  expect(() => loadConfig({ env: {}, flags: [], cwd: CWD, readFile })).toThrow(
    `kontor.yaml: the file kontor.yaml ${explanation}`,
  )
})

test('all problems are reported at once, from all places', () => {
  const given = {
    yaml: 'htp: {}\nlog:\n  level: loud\n',
    env: { KONTOR_HTTP_PORT: '80', KONTOR_METRICS__ANONYMOUS: 'maybe' },
    flags: ['--http.port', 'abc', '--data-dri=x'],
  }
  expect(problemsWith(given)).toEqual([
    'kontor.yaml:1:1: there is no setting "htp"; did you mean "http"?',
    'KONTOR_HTTP_PORT: there is no such setting; did you mean KONTOR_HTTP__PORT?',
    '--data-dri: there is no such flag; did you mean --data-dir?',
    '--http.port: http.port must be a whole number from 0 to 65535, not "abc"',
    'kontor.yaml:3:10: log.level must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
    'KONTOR_METRICS__ANONYMOUS: metrics.anonymous must be true or false, not "maybe"',
  ])
})
