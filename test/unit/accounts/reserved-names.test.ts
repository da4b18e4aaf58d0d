import { expect, test } from 'vitest'
import { isNamespace } from '../../../oci/repository-name.ts'
import { isReservedName, RESERVED_NAMES } from '../../../server/accounts/reserved-names.ts'

test.each([
  'admin',
  'anonymous',
  'api',
  'kontor',
  'library',
  'livez',
  'login',
  'metrics',
  'null',
  'organizations',
  'readyz',
  'robots.txt',
  'root',
  'token',
  'undefined',
  'users',
  'v1',
  'v2',
  'well-known',
])('nobody can take the name %s', (name) => {
  expect(isReservedName(name)).toBe(true)
})

test.each(['acme', 'alice', 'admin-of-acme', 'libraries', 'v2-team', 'constructor', '__proto__'])(
  'anybody can take the name %s',
  (name) => {
    expect(isReservedName(name)).toBe(false)
  },
)

test('only what could be a name at all is reserved', () => {
  expect([...RESERVED_NAMES].filter((name) => !isNamespace(name))).toEqual([])
})
