import { describe, expect, test } from 'vitest'
import { formatReference, isTag, parseReference, parseTag } from '../../../oci/reference.ts'
import { refusal, refusalOf } from './refusal-of.ts'

const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test.each([
  'latest',
  '1.0',
  'V1',
  '_',
  '_.-',
  '0',
  'a'.repeat(128),
  `sha256-${HEX}.sig`,
  `sha256-${HEX}`,
  '1.0_build.5',
])('%s is a tag', (text) => {
  expect(isTag(text)).toBe(true)
  expect(parseTag(text)).toBe(text)
  expect(parseReference(text)).toEqual({ kind: 'tag', tag: text })
  expect(formatReference(parseReference(text))).toBe(text)
})

describe('what is no tag is refused with TAG_INVALID', () => {
  test.each([
    ['nothing at all', ''],
    ['a dot in front', '.1'],
    ['a hyphen in front', '-1'],
    ['the folder above (S31)', '..'],
    ['a path (S31)', '../../etc/passwd'],
    ['an encoded path (S31)', '%2e%2e'],
    ['a backslash (S31)', 'a\\b'],
    ['129 characters', 'a'.repeat(129)],
    ['a space', 'my tag'],
    ['a plus, which helm writes as an underscore', '1.0+build'],
    ['a zero byte', 'a\0'],
    ['a line feed (S36)', 'latest\n'],
    ['a header (S36)', 'latest\r\nX-Evil'],
    ['a comma, which would end an OCI-Tag', 'a,b'],
    ['a letter beyond ASCII', 'café'],
  ])('%s', (_, text) => {
    expect(isTag(text)).toBe(false)
    expect(refusalOf(() => parseTag(text))).toBe('TAG_INVALID')
    expect(refusalOf(() => parseReference(text))).toBe('TAG_INVALID')
  })
})

test('what has a colon is a digest', () => {
  const text = `sha256:${HEX}`
  expect(parseReference(text)).toEqual({ kind: 'digest', digest: text })
  expect(formatReference(parseReference(text))).toBe(text)
})

test.each(['sha256:baddigeststring', 'latest:1', ':', `sha256:${HEX.toUpperCase()}`, `__proto__:${HEX}`, `md5:${HEX}`])(
  '%s has a colon, so it is refused as a digest',
  (text) => {
    expect(refusalOf(() => parseReference(text))).toBe('DIGEST_INVALID')
    expect(refusalOf(() => parseTag(text))).toBe('TAG_INVALID')
  },
)

test('the refusal quotes what was sent, but not without end', () => {
  expect(refusal(() => parseTag('x'.repeat(10_000))).detail).toEqual({ tag: 'x'.repeat(200) })
})
