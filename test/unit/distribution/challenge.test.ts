import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatChallenge } from '../../../server/distribution/challenge.ts'

const ORIGIN = 'https://reg.example.com:5000'

test('without credentials the client learns where to get a token, and of no error (CHAL-1)', () => {
  expect(formatChallenge(ORIGIN, undefined, { kind: 'unauthenticated' })).toBe(
    'Bearer realm="https://reg.example.com:5000/token",service="reg.example.com:5000"',
  )
})

test('the scope says what the token must be for (CHAL-7)', () => {
  expect(formatChallenge(ORIGIN, 'repository:acme/app:pull,push', { kind: 'unauthenticated' })).toBe(
    'Bearer realm="https://reg.example.com:5000/token",service="reg.example.com:5000",scope="repository:acme/app:pull,push"',
  )
})

test.each([
  ['invalid', 'invalid_token'],
  ['insufficient', 'insufficient_scope'],
] as const)('credentials that are %s get the error %s, and a reason that docker shows (CHAL-2)', (kind, error) => {
  expect(
    formatChallenge('http://127.0.0.1:5000', 'repository:acme/app:pull', { kind, description: 'you may not' }),
  ).toBe(
    'Bearer realm="http://127.0.0.1:5000/token",service="127.0.0.1:5000",scope="repository:acme/app:pull",' +
      `error="${error}",error_description="you may not"`,
  )
})

test('no description ends its quotes or its header (S36)', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (description) => {
      const header = formatChallenge(ORIGIN, undefined, { kind: 'invalid', description })
      expect(header).toMatch(/^[\x20-\x7e]*$/)
      const quoted = /error_description="([^"\\]*)"$/.exec(header)
      expect(quoted?.[1]).toHaveLength(description.length)
    }),
    { examples: [['a"b'], ['a\r\nX-Evil: 1'], ['a\\'], ['é🔑'], ['\0']] },
  )
})
