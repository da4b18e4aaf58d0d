import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  digestAlgorithm,
  digestHex,
  formatDigest,
  isDigest,
  isDigestAlgorithm,
  parseDigest,
} from '../../../oci/digest.ts'
import { refusal, refusalOf } from './refusal-of.ts'

const HEX_256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const HEX_512 = createHash('sha512').digest('hex')

test.each([`sha256:${HEX_256}`, `sha512:${HEX_512}`])('%s is a digest', (text) => {
  expect(isDigest(text)).toBe(true)
  expect(parseDigest(text)).toBe(text)
})

describe('what is no digest is refused with DIGEST_INVALID', () => {
  test.each([
    ['nothing at all', ''],
    ['only hex', HEX_256],
    ['no hex', 'sha256:'],
    ['hex that is too short', `sha256:${HEX_256.slice(1)}`],
    ['hex that is too long', `sha256:${HEX_256}0`],
    ['the hex of the other algorithm', `sha512:${HEX_256}`],
    ['upper-case hex (S31, S44)', `sha256:${HEX_256.toUpperCase()}`],
    ['an upper-case algorithm', `SHA256:${HEX_256}`],
    ['a space before it (S44)', ` sha256:${HEX_256}`],
    ['a space after it (S44)', `sha256:${HEX_256} `],
    ['a line feed after it (S36)', `sha256:${HEX_256}\n`],
    ['a header after it (S36)', `sha256:${HEX_256}\r\nX-Evil: 1`],
    ['a zero byte', `sha256:${HEX_256}\0`],
    ['a path (S31)', 'sha256:../../../../etc/passwd'],
    ['letters beyond f', `sha256:${'g'.repeat(64)}`],
    ['full-width digits', `sha256:${'０'.repeat(64)}`],
    ['an algorithm that is not stored', `sha384:${'0'.repeat(96)}`],
    ['md5', `md5:${'0'.repeat(32)}`],
    ['a compound algorithm of the image-spec', `multihash+base58:${HEX_256}`],
    ['__proto__ (S32)', `__proto__:${HEX_256}`],
    ['constructor (S32)', `constructor:${HEX_256}`],
    ['toString (S32)', `toString:${HEX_256}`],
    ['an encoded colon', `sha256%3A${HEX_256}`],
    ['two digests', `sha256:${HEX_256},sha256:${HEX_256}`],
  ])('%s', (_, text) => {
    expect(isDigest(text)).toBe(false)
    expect(refusalOf(() => parseDigest(text))).toBe('DIGEST_INVALID')
  })
})

test('the refusal quotes what was sent, but not without end', () => {
  const { detail, message } = refusal(() => parseDigest('x'.repeat(10_000)))
  expect(detail).toEqual({ digest: 'x'.repeat(200) })
  expect(message.length).toBeLessThan(300)
})

test.each([
  ['sha256', HEX_256],
  ['sha512', HEX_512],
] as const)('a digest of %s comes apart and together again', (algorithm, hex) => {
  const digest = formatDigest(algorithm, hex)
  expect(digest).toBe(`${algorithm}:${hex}`)
  expect(digestAlgorithm(digest)).toBe(algorithm)
  expect(digestHex(digest)).toBe(hex)
})

test('a hash of another length is a bug, not a refusal', () => {
  expect(() => formatDigest('sha256', HEX_512)).toThrow(new Error('128 hex characters are no sha256'))
})

test.each([
  ['sha256', true],
  ['sha512', true],
  ['sha384', false],
  ['SHA256', false],
  ['', false],
  ['__proto__', false],
  ['constructor', false],
])('whether "%s" names an algorithm that is stored: %s', (text, isStored) => {
  expect(isDigestAlgorithm(text)).toBe(isStored)
})
