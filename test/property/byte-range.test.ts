import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ByteRange, parseRange, type RangeRequest } from '../../oci/byte-range.ts'
import { check } from './check.ts'
import { anyText, bestMs, HOSTILE_TEXTS } from './grammar.ts'

/** A range as a client writes it, and what it means of `size` bytes: RFC 9110 §14.1.2, read once more. */
type Spec = readonly [first: number | undefined, last: number | undefined]

const position = fc.oneof(fc.nat(30), fc.nat(5000), fc.integer({ min: 0, max: 2 ** 50 }))
const spec: fc.Arbitrary<Spec> = fc.oneof(
  fc.tuple(position, position),
  fc.tuple(position, fc.constant(undefined)),
  fc.tuple(fc.constant(undefined), position),
)

function format(specs: readonly Spec[]): string {
  return `bytes=${specs.map(([first, last]) => `${first ?? ''}-${last ?? ''}`).join(',')}`
}

function meaningOf([first, last]: Spec, size: number): ByteRange | undefined {
  if (first === undefined) {
    const suffix = Math.min(last ?? 0, size)
    return suffix === 0 ? undefined : { first: size - suffix, last: size - 1 }
  }
  if (first >= size || (last !== undefined && last < first)) return undefined
  return { first, last: Math.min(last ?? size - 1, size - 1) }
}

function expected(specs: readonly Spec[], size: number): RangeRequest {
  const meant = specs.flatMap((each) => meaningOf(each, size) ?? [])
  const [head, ...rest] = meant
  if (head === undefined) return { kind: 'unsatisfiable' }
  const total = meant.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  if (meant.length > 1 && total > 2 * size) return { kind: 'refused' }
  return { kind: 'ranges', ranges: [head, ...rest] }
}

test('ranges mean what the standard says they mean', () => {
  const sizes = fc.oneof(fc.nat(40), fc.nat(6000), fc.integer({ min: 0, max: 2 ** 50 }))
  check(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 8 }), sizes, (specs, size) => {
      expect(parseRange(format(specs), size)).toEqual(expected(specs, size))
    }),
    { numRuns: 2000 },
  )
})

test('whatever is asked, nothing beyond the blob is served, and never more than twice the blob (S38)', () => {
  const sizes = fc.oneof(fc.nat(40), fc.nat(6000))
  const header = fc.oneof(
    anyText,
    anyText.map((text) => `bytes=${text}`),
    fc.string({ unit: fc.constantFrom(...'0123456789-, '), maxLength: 500 }).map((text) => `bytes=${text}`),
    fc.array(spec, { minLength: 1, maxLength: 200 }).map(format),
  )
  check(
    fc.property(header, sizes, (text, size) => {
      const result = parseRange(text, size)
      if (result.kind !== 'ranges') return
      let total = 0
      for (const { first, last } of result.ranges) {
        expect(Number.isSafeInteger(first) && Number.isSafeInteger(last)).toBe(true)
        expect(first).toBeGreaterThanOrEqual(0)
        expect(last).toBeGreaterThanOrEqual(first)
        expect(last).toBeLessThan(size)
        total += last - first + 1
      }
      expect(total).toBeLessThanOrEqual(2 * size)
    }),
    { numRuns: 1000 },
  )
})

test('however many ranges are asked for, 4,096 are served at most (S38)', () => {
  const counts = fc.integer({ min: 4000, max: 4200 })
  check(
    fc.property(counts, (count) => {
      const header = format(Array.from({ length: count }, (_, index) => [index, index]))
      expect(parseRange(header, 10_000).kind).toBe(count > 4096 ? 'refused' : 'ranges')
    }),
    { numRuns: 30, examples: [[4096], [4097]] },
  )
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are read within 5 ms (S33)', (_, text) => {
  expect(bestMs(() => parseRange(text, 1000))).toBeLessThan(5)
  expect(bestMs(() => parseRange(`bytes=${text}`, 1000))).toBeLessThan(5)
})
