import { describe, expect, test } from 'vitest'
import { parseQuery, readPlainQuery } from '../../../server/search/parse-query.ts'
import { SearchRefusal } from '../../../server/search/search-refusal.ts'

const NOW = Date.parse('2026-06-15T12:00:00Z')
const DAY_MS = 86_400_000

function parse(text: string) {
  return parseQuery(text, { now: NOW, origin: 'https://registry.example.com:8443' })
}

function refusalOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof SearchRefusal && error.code === 'QUERY_INVALID') return error.message
    throw error
  }
  throw new Error(`${text} was not refused`)
}

describe('words', () => {
  test.each([
    ['nginx', ['nginx'], 'nginx'],
    ['Message  Broker', ['message', 'broker'], 'messagebroker'],
    ['web-frontend', ['web', 'frontend'], 'webfrontend'],
    ['"web frontend" web', ['web', 'frontend'], 'webfrontendweb'],
    ['cache for the web', ['cache', 'web'], 'cachefortheweb'],
    ['the', ['the'], 'the'],
    ['Café "Zürich', ['cafe', 'zurich'], 'cafezurich'],
    ['データ', ['テ', 'ー', 'タ'], 'データ'.normalize('NFKD').replace(/\p{M}/gu, '')],
    ['"org:acme"', ['org', 'acme'], 'orgacme'],
    ['error: denied', ['error', 'denied'], 'errordenied'],
    ['***', [], ''],
    ['', [], ''],
  ])('of %s are found', (text, words, key) => {
    expect(parse(text)).toMatchObject({ words, key, used: [], filters: {} })
  })

  test('that are none are told from nothing at all', () => {
    expect(parse('*** 🚀').hasText).toBe(true)
    expect(parse(' ').hasText).toBe(false)
    expect(parse('is:public').hasText).toBe(false)
  })

  test('are counted, and so is the text', () => {
    expect(parse('b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 b11 b12').words).toHaveLength(12)
    expect(refusalOf('b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 b11 b12 b13')).toContain('at most 12 words')
    expect(refusalOf('x'.repeat(501))).toContain('at most 500 characters')
    expect(refusalOf('is:public '.repeat(11))).toContain('at most 10 qualifiers')
  })
})

describe('references', () => {
  test.each([
    ['nginx', 'library/nginx', undefined, ['nginx']],
    ['NGINX:1.25', 'library/nginx', '1.25', ['nginx']],
    ['acme/web:v1', 'acme/web', 'v1', ['acme', 'web']],
    ['localhost:5000/acme/web', 'acme/web', undefined, ['acme', 'web']],
    ['localhost/web:v1', 'library/web', 'v1', ['web']],
    ['10.0.0.1:5000/web:v1', 'library/web', 'v1', ['web']],
    ['registry.example.com:8443/acme/web', 'acme/web', undefined, ['acme', 'web']],
    ['https://registry.example.com/acme/web', 'acme/web', undefined, ['acme', 'web']],
    ['acme.io/web', 'acme.io/web', undefined, ['acme', 'io', 'web']],
    [`acme/web@sha256:${'0'.repeat(64)}`, 'acme/web', undefined, ['acme', 'web']],
    ['ros:humble', 'library/ros', 'humble', ['ros']],
    ['go:1.22', 'library/go', '1.22', ['go']],
    ['foo:bar', 'library/foo', 'bar', ['foo']],
  ])('%s is an image, not a qualifier', (text, name, tag, words) => {
    expect(parse(text)).toMatchObject({ name, tag, words, used: [] })
  })

  test('several words name no repository', () => {
    expect(parse('acme/web fast')).toMatchObject({ name: undefined, tag: undefined, words: ['acme', 'web', 'fast'] })
  })

  test('the last of several words may be a tag', () => {
    expect(parse('acme nginx 1.25 org:acme').withTag).toMatchObject({
      words: ['acme', 'nginx'],
      tag: '1.25',
      organizations: ['acme'],
    })
    expect(parse('nginx').withTag).toBeUndefined()
    expect(parse('nginx ?').withTag).toBeUndefined()
  })
})

describe('qualifiers', () => {
  test.each([
    ['org:Acme', { organizations: ['acme'] }],
    ['org:acme org:beta', { organizations: ['acme', 'beta'] }],
    ['is:private IS:official', { filters: { visibility: 'private', isOfficial: true } }],
    ['is:deprecated', { filters: { state: 'deprecated' } }],
    ['arch:x86_64 os:Linux', { filters: { architecture: 'amd64', os: 'linux' } }],
    ['arch:riscv64', { filters: { architecture: 'riscv64' } }],
    ['type:helm', { filters: { kind: 'helm' } }],
    ['label:team=web', { filters: { labels: [{ key: 'team', value: 'web' }] } }],
    ['label:team', { filters: { labels: [{ key: 'team', value: undefined }] } }],
    ['label:"a key"="a: value"', { filters: { labels: [{ key: 'a key', value: 'a: value' }] } }],
    [
      'label:a=b=c label:d=',
      {
        filters: {
          labels: [
            { key: 'a', value: 'b=c' },
            { key: 'd', value: '' },
          ],
        },
      },
    ],
    ['stars:>3', { filters: { minStars: 4, maxStars: undefined } }],
    ['stars:>=3 stars:<9', { filters: { minStars: 3, maxStars: 8 } }],
    ['stars:<=3', { filters: { maxStars: 3 } }],
    ['stars:3', { filters: { minStars: 3, maxStars: 3 } }],
    ['stars:3..9', { filters: { minStars: 3, maxStars: 9 } }],
    ['stars:..9', { filters: { minStars: undefined, maxStars: 9 } }],
    ['pushed:<30d', { filters: { pushedSince: NOW - 30 * DAY_MS } }],
    ['pushed:2w', { filters: { pushedSince: NOW - 14 * DAY_MS } }],
    ['pushed:>1y', { filters: { pushedBefore: NOW - 365 * DAY_MS } }],
    ['pushed:>2026-01-01', { filters: { pushedSince: Date.UTC(2026, 0, 2) } }],
    ['pushed:>=2026-01-01', { filters: { pushedSince: Date.UTC(2026, 0, 1) } }],
    ['pushed:<2026-01-01', { filters: { pushedBefore: Date.UTC(2026, 0, 1) } }],
    [
      'pushed:2026-01-01..2026-01-31',
      { filters: { pushedSince: Date.UTC(2026, 0, 1), pushedBefore: Date.UTC(2026, 1, 1) } },
    ],
    ['pushed:2026-01-01', { filters: { pushedSince: Date.UTC(2026, 0, 1), pushedBefore: Date.UTC(2026, 0, 2) } }],
  ])('%s is understood', (text, expected) => {
    expect(parse(text)).toMatchObject({ words: [], hasText: false, ...expected })
  })

  test('stand among words, and are told apart from them', () => {
    expect(parse('nginx is:official proxy')).toMatchObject({ words: ['nginx', 'proxy'], used: ['is'] })
    expect(parse('nginx is:official').name).toBe('library/nginx')
  })

  test.each([
    ['lable:team=web', 'did you mean label:?'],
    ['star:>3', 'did you mean stars:?'],
    ['star:3', 'did you mean stars:?'],
    ['owner:acme', 'did you mean org:?'],
    ['foo:>3', 'there is org:, is:, arch:, os:, label:, pushed:, stars:, type:'],
    ['is:', 'is: needs a value, such as is:public'],
    ['is:starred', 'there is is:public, is:private, is:official, is:active, is:deprecated, is:archived'],
    ['is:constructor', 'is:public'],
    ['type:picture', 'type:image, type:helm'],
    ['arch:a/b', 'write it as images do, such as arch:arm64'],
    ['label:=x', 'label:key=value'],
    ['stars:many', 'stars:>3'],
    ['stars:..', 'stars:>3'],
    ['stars:1..2..3', 'stars:>3'],
    ['stars:9999999999', 'stars:>3'],
    ['pushed:yesterday', 'pushed:<30d'],
    ['pushed:2026-02-31', 'pushed:<30d'],
    ['pushed:99999y', 'pushed:<30d'],
    ['is:public is:private', 'public and private cannot be asked for at once'],
    ['-org:acme', 'cannot leave out what org:acme means'],
  ])('%s is refused, with what there is instead', (text, message) => {
    expect(refusalOf(text)).toContain(message)
  })
})

test('what cannot be understood can still be read as plain words', () => {
  expect(readPlainQuery('foo:>3 is:')).toMatchObject({ words: ['foo', '3', 'is'], hasText: true, used: [] })
  expect(readPlainQuery('b'.repeat(900)).words).toEqual(['b'.repeat(500)])
  expect(readPlainQuery('1 2 3 4 5 6 7 8 9 10 11 12 13').words).toHaveLength(12)
})
