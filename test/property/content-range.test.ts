import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseContentRange } from '../../oci/content-range.ts'
import { check } from './check.ts'
import { anyText, bestMs, HOSTILE_TEXTS } from './grammar.ts'
import { parsedOr } from './refused-with.ts'

test('every range that runs forwards is read, in every form that clients write', () => {
  const forms = fc.constantFrom(
    (first: number, last: number) => `${first}-${last}`,
    (first: number, last: number) => `bytes ${first}-${last}/*`,
    (first: number, last: number) => `bytes ${first}-${last}/${last}`,
    (first: number, last: number) => `bytes=${first}-${last}`,
  )
  check(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), forms, (one, other, form) => {
      const [first, last] = [Math.min(one, other), Math.max(one, other)]
      expect(parseContentRange(form(first, last))).toEqual({ first, last })
      if (first < last) {
        expect(parsedOr(() => parseContentRange(form(last, first)))).toEqual({ refused: 'RANGE_INVALID' })
      }
    }),
  )
})

test('any text is either a range of safe integers that runs forwards, or RANGE_INVALID (S39)', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 20 })
  const text = fc.oneof(
    anyText,
    fc.tuple(digits, digits).map(([first, last]) => `${first}-${last}`),
  )
  check(
    fc.property(text, (header) => {
      const outcome = parsedOr(() => parseContentRange(header))
      if ('refused' in outcome) {
        expect(outcome.refused).toBe('RANGE_INVALID')
        return
      }
      const { first, last } = outcome.parsed ?? { first: Number.NaN, last: Number.NaN }
      expect(Number.isSafeInteger(first) && Number.isSafeInteger(last)).toBe(true)
      expect(first).toBeGreaterThanOrEqual(0)
      expect(last).toBeGreaterThanOrEqual(first)
    }),
    { numRuns: 1000 },
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are refused within 5 ms (S33)', (_, text) => {
  expect(parsedOr(() => parseContentRange(text))).toEqual({ refused: 'RANGE_INVALID' })
  expect(bestMs(() => parsedOr(() => parseContentRange(text)))).toBeLessThan(5)
})
