import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestAlgorithm, digestHex, formatDigest, isDigest, parseDigest } from '../../oci/digest.ts'
import { check } from './check.ts'
import { anyText, bestMs, digestTexts, HOSTILE_TEXTS } from './grammar.ts'
import { parsedOr } from './refused-with.ts'

test('every digest comes apart and together again', () => {
  check(
    fc.property(digestTexts, (text) => {
      const digest = parseDigest(text)
      expect(digest).toBe(text)
      expect(formatDigest(digestAlgorithm(digest), digestHex(digest))).toBe(text)
    }),
  )
})

test('any text is either a digest or refused with DIGEST_INVALID', () => {
  check(
    fc.property(fc.oneof(anyText, digestTexts), (text) => {
      const outcome = parsedOr(() => parseDigest(text))
      expect(outcome).toEqual(isDigest(text) ? { parsed: text } : { refused: 'DIGEST_INVALID' })
      if (isDigest(text)) expect(text).toMatch(/^[a-z0-9]+:[0-9a-f]+$/)
    }),
  )
})

test('a digest with any character changed to a foreign one, taken away or doubled is none', () => {
  const change = fc.constantFrom(
    (character: string) => character + character,
    () => '',
    () => 'G',
    () => '/',
    () => '\n',
  )
  check(
    fc.property(digestTexts, fc.nat(), change, (text, position, changed) => {
      const at = position % text.length
      expect(isDigest(text.slice(0, at) + changed(text.charAt(at)) + text.slice(at + 1))).toBe(false)
    }),
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are refused within 5 ms (S33)', (_, text) => {
  for (const hostile of [text, `sha256:${text}`, `${text}:${text}`]) {
    expect(isDigest(hostile)).toBe(false)
    expect(bestMs(() => parsedOr(() => parseDigest(hostile)))).toBeLessThan(5)
  }
})
