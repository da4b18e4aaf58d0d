import { describe, expect, test } from 'vitest'
import { CWD, loadWith, problemsWith } from './load-with.ts'

describe('the environment', () => {
  test('sets what its names say, in the kind each setting has', () => {
    const { config } = loadWith({
      env: {
        KONTOR_DATA_DIR: '/var/lib/kontor',
        KONTOR_HTTP__PUBLIC_URL: 'https://registry.example.com',
        KONTOR_HTTP__PORT: '0',
        KONTOR_HTTP__TRUST_PROXY: '10.0.0.0/8, ::1',
        KONTOR_LOG__ACCESS: 'false',
        KONTOR_METRICS__ANONYMOUS: 'true',
      },
    })
    expect(config.dataDir).toBe('/var/lib/kontor')
    expect(config.http).toMatchObject({
      publicUrl: 'https://registry.example.com',
      port: 0,
      trustProxy: ['10.0.0.0/8', '::1'],
    })
    expect([config.log.access, config.metrics.anonymous]).toEqual([false, true])
  })

  test('empties a list with an empty variable', () => {
    const yaml = 'http: { trustProxy: [10.0.0.0/8] }'
    expect(loadWith({ yaml, env: { KONTOR_HTTP__TRUST_PROXY: '' } }).config.http.trustProxy).toEqual([])
  })

  test('takes any value from a file, without the newline at its end', () => {
    const { config, sources } = loadWith({
      files: { '/run/secrets/admin': ' hunter2 \n', [`${CWD}/port`]: '80\r\n' },
      env: { KONTOR_ADMIN__PASSWORD_FILE: '/run/secrets/admin', KONTOR_HTTP__PORT_FILE: 'port' },
    })
    expect(config.admin.password?.reveal()).toBe(' hunter2 ')
    expect(config.http.port).toBe(80)
    expect(sources.get('http.port')).toEqual({ kind: 'environment', name: 'KONTOR_HTTP__PORT_FILE' })
  })

  test('does not mistake a setting whose own name ends in File', () => {
    const env = { KONTOR_HTTP__TLS__CERT_FILE: '/tls/cert', KONTOR_HTTP__TLS__KEY_FILE_FILE: '/where' }
    expect(loadWith({ env, files: { '/where': '/tls/key\n' } }).config.http.tls).toEqual({
      certFile: '/tls/cert',
      keyFile: '/tls/key',
    })
  })

  test.each([
    {
      name: 'a variable that does not exist, with the one that was meant',
      env: { KONTOR_HTTP__PUBLICURL: 'https://registry.example.com' },
      problem: 'KONTOR_HTTP__PUBLICURL: there is no such setting; did you mean KONTOR_HTTP__PUBLIC_URL?',
    },
    {
      name: 'a misspelt variable that names a file',
      env: { KONTOR_ADMIN_PASWORD_FILE: '/run/secrets/admin' },
      problem: 'KONTOR_ADMIN_PASWORD_FILE: there is no such setting; did you mean KONTOR_ADMIN__PASSWORD_FILE?',
    },
    {
      name: 'a variable in lower case',
      env: { KONTOR_http__port: '80' },
      problem: 'KONTOR_http__port: there is no such setting; did you mean KONTOR_HTTP__PORT?',
    },
    {
      name: 'a variable that is like no other',
      env: { KONTOR_BANANA: '1' },
      problem: 'KONTOR_BANANA: there is no such setting; unset it, or look for its name in docs/configuration.md',
    },
    {
      name: 'a value and a file for the same setting',
      env: { KONTOR_ADMIN__PASSWORD: 'a', KONTOR_ADMIN__PASSWORD_FILE: '/run/secrets/admin' },
      problem: 'KONTOR_ADMIN__PASSWORD_FILE: KONTOR_ADMIN__PASSWORD is set too; unset one of them',
    },
    {
      name: 'a file that is not there',
      env: { KONTOR_ADMIN__PASSWORD_FILE: '/run/secrets/admin' },
      problem: 'KONTOR_ADMIN__PASSWORD_FILE: the file /run/secrets/admin does not exist; correct the path',
    },
    {
      name: 'an empty name of a file',
      env: { KONTOR_ADMIN__PASSWORD_FILE: '' },
      problem: 'KONTOR_ADMIN__PASSWORD_FILE: names no file; give the path of one, or unset it',
    },
    {
      name: 'an empty value where one is needed',
      env: { KONTOR_HTTP__PORT: '' },
      problem: 'KONTOR_HTTP__PORT: http.port must be a whole number from 0 to 65535, not ""',
    },
    {
      name: "a port of the user's that only looks like Kubernetes'",
      env: { KONTOR_PORT: '5000' },
      problem: 'KONTOR_PORT: there is no such setting; did you mean KONTOR_HTTP__PORT?',
    },
  ])('is refused for $name', ({ env, problem }) => {
    expect(problemsWith({ env })).toEqual([problem])
  })

  test('may hold what Kubernetes says about Services called kontor and kontor-db', () => {
    const env = {
      KONTOR_SERVICE_HOST: '10.96.0.10',
      KONTOR_SERVICE_PORT: '5000',
      KONTOR_SERVICE_PORT_HTTP: '5000',
      KONTOR_PORT: 'tcp://10.96.0.10:5000',
      KONTOR_PORT_5000_TCP: 'tcp://10.96.0.10:5000',
      KONTOR_PORT_5000_TCP_PROTO: 'tcp',
      KONTOR_PORT_5000_TCP_PORT: '5000',
      KONTOR_PORT_5000_TCP_ADDR: '10.96.0.10',
      KONTOR_DB_SERVICE_HOST: '10.96.0.11',
      KONTOR_DB_PORT: 'tcp://10.96.0.11:5432',
      KONTOR_DB_PORT_5432_TCP_ADDR: '10.96.0.11',
    }
    expect(loadWith({ env }).config).toEqual(loadWith({}).config)
  })

  test('may hold what the command line client is told, and variables of other programs', () => {
    const client = { KONTOR_TOKEN: 'kontor_pat_x', KONTOR_SERVER: 'localhost', KONTOR_COMPLETION_TIMEOUT_MS: '900' }
    const env = { ...client, PATH: '/bin', KONTORHAUS: 'Chilehaus' }
    expect(loadWith({ env }).config).toEqual(loadWith({}).config)
  })
})
