import { describe, expect, test } from 'vitest'
import { isNamespace, namespaceOf, parseRepositoryName, readRepositoryName } from '../../../oci/repository-name.ts'
import { refusal, refusalOf } from './refusal-of.ts'

test.each([
  'library/nginx',
  'acme/app',
  'acme/team/sub-team/app',
  'a/b',
  '0/1',
  'a.b/c_d',
  'a__b/c-d',
  'a---b/c',
  'acme/manifests',
  'blobs/uploads',
  'tags/list',
  'v2/catalog',
  `a/${'b'.repeat(253)}`,
])('%s is a repository name', (text) => {
  expect(readRepositoryName(text)).toBe(text)
  expect(parseRepositoryName(text)).toBe(text)
})

test.each([
  ['nginx', 'library/nginx'],
  ['a', 'library/a'],
  ['library', 'library/library'],
])('%s without a namespace is short for %s', (text, name) => {
  expect(parseRepositoryName(text)).toBe(name)
})

describe('what is no repository name is refused with NAME_INVALID', () => {
  test.each([
    ['nothing at all', ''],
    ['a slash', '/'],
    ['a slash in front', '/acme/app'],
    ['a slash at the end', 'acme/app/'],
    ['two slashes (S30)', 'acme//app'],
    ['capitals', 'Acme/app'],
    ['a dot in front', '.acme/app'],
    ['a dot at the end', 'acme./app'],
    ['two dots', 'a..b/app'],
    ['three underscores', 'a___b/app'],
    ['an underscore in front (S31)', '_uploads/app'],
    ['a hyphen in front', '-acme/app'],
    ['a hyphen at the end', 'acme/app-'],
    ['mixed separators', 'a._b/app'],
    ['the folder above (S31)', 'acme/../../etc/passwd'],
    ['only the folder above (S31)', '..'],
    ['the folder itself (S31)', './app'],
    ['an encoded folder above (S31)', 'acme/%2e%2e/app'],
    ['an encoded slash (S31)', 'acme%2Fapp'],
    ['a backslash (S31)', 'acme\\app'],
    ['a zero byte (S31)', 'acme/app\0'],
    ['an encoded zero byte (S31)', 'acme/app%00'],
    ['an overlong encoding of a dot (S31)', 'acme/%c0%ae%c0%ae/app'],
    ['a line feed (S36)', 'acme/app\n'],
    ['a header (S36)', 'acme/app\r\nX-Evil: 1'],
    ['a quotation mark (S36)', 'acme/"app'],
    ['a space', 'acme/my app'],
    ['a letter beyond ASCII', 'acme/café'],
    ['a letter that only looks like one', 'аcme/app'],
    ['a tag', 'acme/app:latest'],
    ['a host with a port', 'localhost:5000/app'],
    ['256 characters', `a/${'b'.repeat(254)}`],
    ['255 characters that the namespace makes 263', 'a'.repeat(255)],
  ])('%s', (_, text) => {
    expect(readRepositoryName(text)).toBeUndefined()
    expect(refusalOf(() => parseRepositoryName(text))).toBe('NAME_INVALID')
  })
})

test('a name without a namespace is valid as long as it is with one', () => {
  expect(parseRepositoryName('a'.repeat(247))).toBe(`library/${'a'.repeat(247)}`)
  expect(readRepositoryName('a'.repeat(248))).toBeUndefined()
})

test('the refusal quotes what was sent, but not without end', () => {
  const { detail, message } = refusal(() => parseRepositoryName('X'.repeat(10_000)))
  expect(detail).toEqual({ name: 'X'.repeat(256) })
  expect(message.length).toBeLessThan(300)
})

test.each([
  ['acme/app', 'acme'],
  ['acme/team/app', 'acme'],
  ['nginx', 'library'],
])('the namespace of %s is %s', (text, namespace) => {
  expect(namespaceOf(parseRepositoryName(text))).toBe(namespace)
})

test.each([
  ['acme', true],
  ['a.b-c_d__e', true],
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
  ['', false],
  ['Acme', false],
  ['acme/app', false],
  ['..', false],
  ['_catalog', false],
  ['acme\n', false],
])('whether "%s" can be a namespace: %s', (text, canBe) => {
  expect(isNamespace(text)).toBe(canBe)
})
