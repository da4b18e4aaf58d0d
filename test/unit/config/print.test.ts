import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatConfig } from '../../../config/print.ts'
import { CWD, loadWith } from './load-with.ts'

test('the settings are printed as YAML with their sources, and without the secret ones', () => {
  const loaded = loadWith({
    yaml: 'http:\n  trustProxy: [10.0.0.0/8]\n',
    env: { KONTOR_ADMIN__PASSWORD: 'hunter2', KONTOR_HTTP__TLS__CERT_FILE: 'c', KONTOR_HTTP__TLS__KEY_FILE: 'k' },
    flags: ['--http.port=0'],
  })
  expect(formatConfig(loaded)).toBe(`dataDir: "${CWD}/data" # default
http:
  host: "0.0.0.0" # default
  port: 0 # --http.port
  trustProxy: ["10.0.0.0/8"] # kontor.yaml:2:15
  tls:
    certFile: "${CWD}/c" # KONTOR_HTTP__TLS__CERT_FILE
    keyFile: "${CWD}/k" # KONTOR_HTTP__TLS__KEY_FILE
  idleTimeoutSeconds: 120 # default
  keepAliveSeconds: 120 # default
  drainSeconds: 30 # default
admin:
  username: "admin" # default
  # password: ******** # KONTOR_ADMIN__PASSWORD
accounts:
  signUp: false # default
  usersCreateOrganizations: true # default
  holdNamesDays: 90 # default
audit:
  retentionDays: 365 # default
tokens:
  lifetimeSeconds: 900 # default
  refreshTokens: true # default
  keyRotationDays: 30 # default
uploads:
  expireAfterHours: 24 # default
  maxSessionsPerUser: 1000 # default
manifests:
  allowSparseIndexes: true # default
archives:
  maxBytes: 107374182400 # default
search:
  threads: 2 # default
  sendPodmanToCatalog: true # default
log:
  level: "info" # default
  format: "json" # default
  access: true # default
metrics:
  anonymous: false # default
`)
})

test('a configuration that is printed and read again is the same', () => {
  const path = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0'))
  const given = fc.record(
    {
      KONTOR_DATA_DIR: path,
      KONTOR_HTTP__HOST: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('localhost')),
      KONTOR_HTTP__PORT: fc.integer({ min: 0, max: 65_535 }).map(String),
      KONTOR_HTTP__PUBLIC_URL: fc.webUrl({ withQueryParameters: false }).map((url) => new URL(url).origin),
      KONTOR_HTTP__TRUST_PROXY: fc.array(fc.oneof(fc.ipV4Extended().filter(isDotted), fc.ipV6())).map(String),
      KONTOR_HTTP__MAX_CONNECTIONS: fc.integer({ min: 1 }).map(String),
      KONTOR_ADMIN__USERNAME: fc.stringMatching(/^[a-z0-9]{1,9}(-[a-z0-9]{1,9})?$/),
      KONTOR_TOKENS__LIFETIME_SECONDS: fc.integer({ min: 60, max: 86_400 }).map(String),
      KONTOR_LOG__LEVEL: fc.constantFrom('trace', 'info', 'silent'),
      KONTOR_LOG__ACCESS: fc.boolean().map(String),
    },
    { requiredKeys: [] },
  )
  const tls = fc.option(fc.record({ KONTOR_HTTP__TLS__CERT_FILE: path, KONTOR_HTTP__TLS__KEY_FILE: path }))
  fc.assert(
    fc.property(given, tls, (env, tlsEnv) => {
      const loaded = loadWith({ env: { ...env, ...tlsEnv } })
      expect(loadWith({ yaml: formatConfig(loaded) }).config).toEqual(loaded.config)
    }),
  )
})

/** fast-check's extended addresses include `0x7f.1`, which is no address to us. */
function isDotted(address: string): boolean {
  return /^(?:(?:0|[1-9]\d*)\.){3}(?:0|[1-9]\d*)$/.test(address)
}
