import { describe, expect, test } from 'vitest'
import {
  covers,
  isExactPattern,
  literalPrefixOf,
  parseRepositoryPattern,
  readRepositoryPattern,
  relativePattern,
} from '../../../oci/repository-pattern.ts'
import { refusal, refusalOf } from './refusal-of.ts'

test.each([
  'acme/web',
  'acme/team/api',
  'acme/web-*',
  'acme/*',
  'acme/**',
  'acme/*/api',
  'acme/**/api',
  'acme/*-*',
  'acme/*.*_*',
  'acme/**/web-*/**',
  '*/web',
  '**/web',
  '**/**',
  '**',
  `acme/${'*/'.repeat(15)}*`,
  `acme/${'a'.repeat(249)}*`,
])('%s is a pattern', (text) => {
  expect(readRepositoryPattern(text)).toBe(text)
  expect(parseRepositoryPattern(text)).toBe(text)
})

test('the name of a repository without a namespace is short for one in library/', () => {
  expect(parseRepositoryPattern('nginx')).toBe('library/nginx')
  expect(readRepositoryPattern('a'.repeat(248))).toBeUndefined()
})

describe('what is no pattern is refused with NAME_INVALID', () => {
  test.each([
    ['nothing at all', ''],
    ['a wildcard without a namespace', 'web-*'],
    ['a star without a namespace', '*'],
    ['two stars next to other characters', 'acme/web**'],
    ['two stars in front of other characters', 'acme/**web'],
    ['two stars that begin a namespace', '**web/api'],
    ['three stars', 'acme/***'],
    ['three stars alone', '***'],
    ['17 stars', `acme/${'*/'.repeat(16)}*`],
    ['256 characters', `acme/${'a'.repeat(250)}*`],
    ['256 characters with two stars', `**/${'a'.repeat(253)}`],
    ['a slash in front', '/acme/*'],
    ['a slash at the end', 'acme/*/'],
    ['two slashes', 'acme//*'],
    ['capitals', 'Acme/*'],
    ['a question mark', 'acme/web-?'],
    ['a set of characters', 'acme/web-[ab]*'],
    ['alternatives', 'acme/{web,api}-*'],
    ['an expression', 'acme/(a+)+*'],
    ['an exclamation mark', '!acme/*'],
    ['a backslash', 'acme/\\*'],
    ['a line feed', 'acme/*\n'],
    ['a zero byte', 'acme/*\0'],
    ['a letter beyond ASCII', 'acme/café-*'],
    ['a tag', 'acme/web:*'],
    ['the folder above', 'acme/../*'],
    ['a component that no name has', 'acme/-*'],
    ['another component that no name has', '*-/web'],
    ['a name that is none', 'acme/web-'],
  ])('%s', (_, text) => {
    expect(readRepositoryPattern(text)).toBeUndefined()
    expect(refusalOf(() => parseRepositoryPattern(text))).toBe('NAME_INVALID')
  })
})

test('the refusal says what a pattern is, to write the namespace, and what was sent, but not without end', () => {
  const { detail, message } = refusal(() => parseRepositoryPattern('X'.repeat(10_000)))
  expect(message).toMatch(/namespace.*acme\/web-\*.*acme\/\*\*.*Write the namespace in front/)
  expect(message.length).toBeLessThan(400)
  expect(detail).toEqual({ pattern: 'X'.repeat(256) })
})

test.each([
  ['acme/web', true],
  ['nginx', true],
  ['acme/*', false],
  ['acme/**', false],
  ['**', false],
])('whether %s means one repository only: %s', (text, isExact) => {
  expect(isExactPattern(parseRepositoryPattern(text))).toBe(isExact)
})

test.each([
  ['acme/web', 'acme/web'],
  ['acme/web-*', 'acme/web-'],
  ['acme/*/api', 'acme/'],
  ['**', ''],
  ['web-*', 'web-'],
  ['web', 'web'],
  ['*', ''],
])('what %s covers begins with "%s"', (pattern, prefix) => {
  expect(literalPrefixOf(pattern)).toBe(prefix)
})

test.each([
  ['acme', 'acme/web-*', 'web-*'],
  ['acme', 'acme/**', '**'],
  ['acme', 'acme/team/web', 'team/web'],
  ['library', 'nginx', 'nginx'],
  ['acme', 'acme-two/web', undefined],
  ['acme', 'beta/acme/web', undefined],
  ['acme', 'acm*/web', undefined],
  ['acme', '*/web', undefined],
  ['acme', '**', undefined],
])('within %s, %s says %s', (namespace, text, relative) => {
  expect(relativePattern(namespace, parseRepositoryPattern(text))).toBe(relative)
})

describe('a pattern covers', () => {
  test.each([
    ['acme/web', 'acme/web'],
    ['acme/web-*', 'acme/web-api'],
    ['acme/web*', 'acme/web'],
    ['acme/*', 'acme/web'],
    ['acme/*/api', 'acme/team/api'],
    ['acme/*-api-*', 'acme/web-api-api-v2'],
    ['acme/*a*a', 'acme/aa'],
    ['acme/**', 'acme/web'],
    ['acme/**', 'acme/team/web/api'],
    ['acme/**/api', 'acme/team/api'],
    ['acme/**/api', 'acme/api/api/api'],
    ['acme/**/*-x/**/api', 'acme/a/a-x/b-x/c/api'],
    ['*/web', 'acme/web'],
    ['**/web', 'acme/team/web'],
    ['**/**', 'acme/web'],
    ['**', 'acme/team/web'],
    ['web-*', 'web-api'],
    ['**', 'web'],
    ['*', 'web'],
  ])('%s: %s', (pattern, name) => {
    expect(covers(pattern, name)).toBe(true)
  })
})

describe('a pattern does not cover', () => {
  test.each([
    ['acme/web', 'acme/web-api'],
    ['acme/web', 'acme/we'],
    ['acme/web-*', 'acme/web'],
    ['acme/web-*', 'acme/web-team/api'],
    ['acme/web*', 'acme-two/web'],
    ['acme/*', 'acme/team/web'],
    ['acme/*', 'acme'],
    ['acme/*', 'beta/web'],
    ['acme/*-api', 'acme/web-api-v2'],
    ['acme/*aa*a', 'acme/aa'],
    ['acme/**', 'acme'],
    ['acme/**', 'acme-two/web'],
    ['acme/**/api', 'acme/api'],
    ['acme/**/api', 'acme/team/api/v2'],
    ['**/web', 'web'],
    ['**/**', 'web'],
    ['**/**/**', 'acme/web'],
    ['web-*', 'acme/web-api'],
    ['*', 'acme/web'],
  ])('%s: %s', (pattern, name) => {
    expect(covers(pattern, name)).toBe(false)
  })
})
