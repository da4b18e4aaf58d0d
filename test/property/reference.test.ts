import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isDigest } from '../../oci/digest.ts'
import { formatReference, isTag, parseReference } from '../../oci/reference.ts'
import { check } from './check.ts'
import { anyText, bestMs, digestTexts, HOSTILE_TEXTS, tagNames } from './grammar.ts'
import { parsedOr } from './refused-with.ts'

test('every tag and every digest is read as what it is, and written as it was', () => {
  check(
    fc.property(fc.oneof(tagNames, digestTexts), (text) => {
      const reference = parseReference(text)
      expect(reference.kind).toBe(text.includes(':') ? 'digest' : 'tag')
      expect(formatReference(reference)).toBe(text)
    }),
  )
})

test('any text with a colon is a digest or DIGEST_INVALID, any other a tag or TAG_INVALID', () => {
  check(
    fc.property(fc.oneof(anyText, tagNames, digestTexts), (text) => {
      const outcome = parsedOr(() => parseReference(text))
      if (text.includes(':')) {
        const expected = isDigest(text) ? { parsed: { kind: 'digest', digest: text } } : { refused: 'DIGEST_INVALID' }
        expect(outcome).toEqual(expected)
      } else {
        expect(outcome).toEqual(isTag(text) ? { parsed: { kind: 'tag', tag: text } } : { refused: 'TAG_INVALID' })
      }
    }),
    { numRuns: 500 },
  )
})

test('a tag never holds what could end a path, a header or a list', () => {
  check(
    fc.property(fc.oneof(anyText, tagNames), (text) => {
      if (isTag(text)) expect(text).not.toMatch(/[^\x21-\x7e]|[/\\,;:"'<>%?#&]/)
    }),
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are refused within 5 ms (S33)', (_, text) => {
  expect(parsedOr(() => parseReference(text))).toHaveProperty('refused')
  expect(bestMs(() => parsedOr(() => parseReference(text)))).toBeLessThan(5)
})
