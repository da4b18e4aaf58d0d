import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTag } from '../../oci/reference.ts'
import { tagSortKey } from '../../oci/tag-order.ts'
import { check } from './check.ts'
import { bestMs } from './grammar.ts'

function compareKeys(one: string, other: string): number {
  const [a, b] = [tagSortKey(one), tagSortKey(other)]
  return a < b ? -1 : a > b ? 1 : 0
}

/** The rules as one says them: characters as they are, but a run of digits as the number that it is. */
function compareNaturally(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => text.match(/\d+|\D/g) ?? [])
  for (let index = 0; ; index++) {
    const [x, y] = [a?.[index], b?.[index]]
    if (x === undefined || y === undefined) return Number(x !== undefined) - Number(y !== undefined)
    const areNumbers = /\d/.test(x) && /\d/.test(y)
    if (areNumbers && BigInt(x) !== BigInt(y)) return BigInt(x) < BigInt(y) ? -1 : 1
    if (!areNumbers && x !== y) return x < y ? -1 : 1
  }
}

/** https://semver.org/#spec-item-11, of what stands after the hyphen. */
function comparePreReleases(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return other.length - one.length
  for (const [index, x] of one.entries()) {
    const y = other[index]
    if (y === undefined) return 1
    const [isNumber, isOtherNumber] = [x, y].map((text) => /^\d+$/.test(text))
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
    if (isNumber && Number(x) !== Number(y)) return Number(x) - Number(y)
    if (!isNumber && x !== y) return x < y ? -1 : 1
  }
  return one.length - other.length
}

// Few, so that two are often equal as far as they go.
const number = fc.constantFrom('0', '1', '9', '10', '123456789')
const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'Z'), minLength: 1, maxLength: 3 })

test('versions come in the order of semver', () => {
  const version = fc.record({
    numbers: fc.tuple(fc.constantFrom('0', '1'), fc.constantFrom('0', '1'), number),
    preRelease: fc.array(fc.oneof(number, letters), { maxLength: 3 }),
  })
  check(
    fc.property(version, version, fc.boolean(), (one, other, hasV) => {
      const write = ({ numbers, preRelease }: typeof one) =>
        [numbers.join('.'), ...(preRelease.length > 0 ? [preRelease.join('.')] : [])].join('-')
      const ofNumbers = compareNaturally(one.numbers.join('.'), other.numbers.join('.'))
      const expected = ofNumbers || comparePreReleases(one.preRelease, other.preRelease)
      expect(Math.sign(compareKeys(`${hasV ? 'v' : ''}${write(one)}`, write(other)))).toBe(Math.sign(expected))
    }),
    { numRuns: 5000 },
  )
})

const anyTag = fc.string({
  unit: fc.constantFrom(...'0019', ...'abvZ', '.', '.', '-', '_'),
  minLength: 1,
  maxLength: 12,
})

test('names come in natural order', () => {
  const name = anyTag.map((text) => `n${text}`)
  check(
    fc.property(name, name, (one, other) => {
      expect(compareKeys(one, other)).toBe(compareNaturally(one, other))
    }),
    { numRuns: 2000 },
  )
})

test('names come before versions, and latest after both', () => {
  check(
    fc.property(anyTag.filter(isTag), (tag) => {
      expect(compareKeys(tag, 'latest')).toBe(-1)
      // Whatever begins with a number is some version, odd as it may be.
      if (/^v?\d/.test(tag)) expect(compareKeys(tag, 'z'.repeat(128))).toBe(1)
      else expect(compareKeys(tag, '0--')).toBe(-1)
    }),
  )
})

test('the order is a total one', () => {
  const key = anyTag.filter(isTag)
  check(
    fc.property(key, key, key, (a, b, c) => {
      if (compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) expect(compareKeys(a, c)).toBeLessThanOrEqual(0)
      expect(Math.sign(compareKeys(a, b)) + Math.sign(compareKeys(b, a))).toBe(0)
    }),
  )
})

test('a key is made in no time and is not much longer than its tag, whatever the tag', () => {
  const tags = ['1.'.repeat(64), '9'.repeat(128), `1${'-'.repeat(127)}`, 'a1'.repeat(64), 'v'.repeat(128)]
  for (const tag of tags) {
    expect(tagSortKey(tag).length).toBeLessThanOrEqual(2 * tag.length + 10)
    expect(bestMs(() => tagSortKey(tag))).toBeLessThan(1)
  }
})
