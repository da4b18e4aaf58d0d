import { expect, test } from 'vitest'
import { formatSource } from '../../../config/source.ts'
import { findConfigWarnings } from '../../../config/warnings.ts'
import { type GivenSettings, loadWith } from './load-with.ts'

function warningsOf(given: GivenSettings): readonly string[] {
  return findConfigWarnings(loadWith(given)).map(({ source, message }) => `${formatSource(source)}: ${message}`)
}

test.each<{ what: string; given: GivenSettings }>([
  { what: 'the defaults', given: {} },
  { what: 'TLS', given: { flags: ['--http.tls.cert-file=c', '--http.tls.key-file=k'] } },
  {
    what: 'a proxy that is trusted',
    given: { yaml: 'http: {host: 0.0.0.0, publicUrl: "https://r.example.com", trustProxy: [10.0.0.1]}' },
  },
  { what: 'a password from a file', given: { files: { '/p': 'x' }, env: { KONTOR_ADMIN__PASSWORD_FILE: '/p' } } },
])('there is nothing to warn of with $what', ({ given }) => {
  expect(warningsOf(given)).toEqual([])
})

test.each<{ warning: RegExp; given: GivenSettings }>([
  { warning: /^--http.host: passwords cross the network/, given: { flags: ['--http.host=0.0.0.0'] } },
  {
    warning: /^kontor.yaml:1:19: the proxy .* is not trusted/,
    given: { yaml: 'http: {publicUrl: https://r.example.com}' },
  },
  {
    warning: /^--http.public-url: clients are sent to plain HTTP/,
    given: {
      flags: ['--http.tls.cert-file=c', '--http.tls.key-file=k', '--http.public-url', 'http://r.example.com'],
    },
  },
  { warning: /^KONTOR_HTTP__TRUST_PROXY: everybody is trusted/, given: { env: { KONTOR_HTTP__TRUST_PROXY: '::/0' } } },
  { warning: /^--admin.password: everybody on this machine/, given: { flags: ['--admin.password=hunter2'] } },
  { warning: /^kontor.yaml:1:19: the password is read/, given: { yaml: 'admin: {password: hunter2}' } },
])('$warning is said, and where to change it, and no secret', ({ warning, given }) => {
  const [first, ...others] = warningsOf(given)
  expect(first).toMatch(warning)
  expect(first).not.toContain('hunter2')
  expect(others).toEqual([])
})
