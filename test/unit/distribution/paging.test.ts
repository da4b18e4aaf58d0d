import { describe, expect, test } from 'vitest'
import { nextLink, parsePageRequest } from '../../../server/distribution/paging.ts'
import { refusal } from '../oci/refusal-of.ts'

function parse(query: string) {
  return parsePageRequest(new URLSearchParams(query))
}

test.each([
  ['', undefined, 1000],
  ['n=1', undefined, 1],
  ['n=0', undefined, 0],
  ['n=1000', undefined, 1000],
  ['n=007', undefined, 7],
  ['last=v1', 'v1', 1000],
  ['n=5&last=v1', 'v1', 5],
  ['last=', undefined, 1000],
  ['last=a%2Fb%20c', 'a/b c', 1000],
  ['other=1', undefined, 1000],
])('"%s" asks for what comes after %s, %i at most', (query, after, limit) => {
  expect(parse(query)).toEqual({ after, limit })
})

test.each(['n=1001', 'n=1000000000', 'n=99999999999999999999'])('%s is clamped, not refused (LIST-3, S12)', (query) => {
  expect(parse(query).limit).toBe(1000)
})

describe('any other n is refused with PAGINATION_NUMBER_INVALID (S12)', () => {
  test.each([
    'n=',
    'n=-1',
    'n=%2B1',
    'n=1.5',
    'n=1e3',
    'n=1e400',
    'n=0x10',
    'n=NaN',
    'n=Infinity',
    'n=abc',
    'n=1%00',
    'n=1%0A',
    'n=%D9%A1',
    `n=${'9'.repeat(21)}`,
    `n=${'9'.repeat(10_000)}`,
    'n=-1&n=5',
  ])('%s', (query) => {
    const { code, status, detail } = refusal(() => parse(query))
    expect({ code, status }).toEqual({ code: 'PAGINATION_NUMBER_INVALID', status: 400 })
    expect(JSON.stringify(detail).length).toBeLessThan(100)
  })
})

test('of several the first counts', () => {
  expect(parse('n=5&n=1000000&last=a&last=b')).toEqual({ after: 'a', limit: 5 })
})

test('the link to the next page is one, relative, in angle brackets, and encoded (LIST-4)', () => {
  expect(nextLink('/v2/acme/app/tags/list', { n: '100', last: 'v9' })).toBe(
    '</v2/acme/app/tags/list?n=100&last=v9>; rel="next"',
  )
  const hostile = nextLink('/v2/_catalog', { last: 'a>; rel="evil"\r\nX: é&n=5;,' })
  expect(hostile).toMatch(/^<\/v2\/_catalog\?last=[A-Za-z0-9%+*._-]+>; rel="next"$/)
  const query = new URLSearchParams(hostile.slice(hostile.indexOf('?') + 1, hostile.indexOf('>')))
  expect([...query]).toEqual([['last', 'a>; rel="evil"\r\nX: é&n=5;,']])
})

test('a parameter may be there several times', () => {
  const parameters = new URLSearchParams([
    ['artifactType', 'a/b'],
    ['artifactType', 'c/d'],
    ['last', 'x'],
  ])
  expect(nextLink('/v2/a/b/referrers/d', parameters)).toBe(
    '</v2/a/b/referrers/d?artifactType=a%2Fb&artifactType=c%2Fd&last=x>; rel="next"',
  )
})
