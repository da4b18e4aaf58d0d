import { describe, expect, test } from 'vitest'
import { parseRange } from '../../../oci/byte-range.ts'

/** A header of `count` ranges of one byte each, one after the other. */
function singleBytes(count: number): string {
  return `bytes=${Array.from({ length: count }, (_, index) => `${index}-${index}`).join(',')}`
}

describe('of 1,000 bytes', () => {
  test.each([
    ['bytes=0-0', [0, 0]],
    ['bytes=0-999', [0, 999]],
    ['bytes=10-20', [10, 20]],
    ['bytes=999-', [999, 999]],
    ['bytes=0-', [0, 999]],
    ['bytes=500-5000', [500, 999]],
    ['bytes=-1', [999, 999]],
    ['bytes=-500', [500, 999]],
    ['bytes=-5000', [0, 999]],
    ['bytes=0-9007199254740993', [0, 999]],
    ['bytes=-9999999999999999', [0, 999]],
    ['bytes= 0-0', [0, 0]],
  ] as const)('%s asks for %j', (header, [first, last]) => {
    expect(parseRange(header, 1000)).toEqual({ kind: 'ranges', ranges: [{ first, last }] })
  })

  test('several ranges keep their order, touch each other or not, and are not merged (RNG-3)', () => {
    expect(parseRange('bytes=500-599, 0-99,100-199 ,-1', 1000)).toEqual({
      kind: 'ranges',
      ranges: [
        { first: 500, last: 599 },
        { first: 0, last: 99 },
        { first: 100, last: 199 },
        { first: 999, last: 999 },
      ],
    })
  })

  test('a range beyond the end is left out when another is not', () => {
    expect(parseRange('bytes=0-9,1000-1001,5-2', 1000)).toEqual({ kind: 'ranges', ranges: [{ first: 0, last: 9 }] })
  })

  test.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', 'bytes=500-0', 'bytes=9999999999999999-', 'bytes=2000-,-0'])(
    '%s touches nothing of it: 416',
    (header) => {
      expect(parseRange(header, 1000)).toEqual({ kind: 'unsatisfiable' })
    },
  )

  test.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=a-b',
    'bytes=0',
    'bytes=-',
    'bytes=--1',
    'bytes=0--1',
    'bytes=0-1-2',
    'bytes=0x0-0xf',
    'bytes=1e2-',
    'bytes=+0-1',
    'bytes=0-0,',
    'bytes=0-0;1-1',
    'bytes=0-99999999999999999999',
    'bytes 0-9',
    'items=0-9',
    ' bytes=0-9',
    'bytes=0-9\n5-6',
    'bytes=٠-٩',
  ])('%j is no range, and all of it is sent (RFC 9110 §14.2)', (header) => {
    expect(parseRange(header, 1000)).toEqual({ kind: 'whole' })
  })
})

describe('of an empty blob', () => {
  test.each(['bytes=0-', 'bytes=0-0', 'bytes=-1', 'bytes=-0'])('%s touches nothing', (header) => {
    expect(parseRange(header, 0)).toEqual({ kind: 'unsatisfiable' })
  })
})

describe('abuse is refused, and gets 400 (S38, RNG-4)', () => {
  test('more ranges than anybody needs', () => {
    expect(parseRange(singleBytes(4096), 10_000)).toMatchObject({ kind: 'ranges' })
    expect(parseRange(singleBytes(4097), 10_000)).toEqual({ kind: 'refused' })
  })

  test('1,500 ranges of real clients are not abuse', () => {
    const result = parseRange(singleBytes(1500), 10_000)
    expect(result.kind === 'ranges' && result.ranges.length).toBe(1500)
  })

  test.each(['bytes=0-,0-,0-', 'bytes=0-0,0-,0-', 'bytes=-1000,-1000,-1', `bytes=${'0-,'.repeat(100)}0-`])(
    'overlapping ranges that add up to more than twice the blob: %s',
    (header) => {
      expect(parseRange(header, 1000)).toEqual({ kind: 'refused' })
    },
  )

  test('overlapping ranges of up to twice the blob are served', () => {
    expect(parseRange('bytes=0-,0-', 1000)).toMatchObject({ kind: 'ranges' })
  })

  test('a header as long as the server takes is read in no time', () => {
    const startMs = performance.now()
    expect(parseRange(`bytes=${'0-0,'.repeat(16_000)}0-0`, 1)).toEqual({ kind: 'refused' })
    expect(parseRange(`bytes=${'0'.repeat(64_000)}-`, 1)).toEqual({ kind: 'whole' })
    expect(parseRange(`bytes=${' '.repeat(64_000)}0-0`, 1)).toMatchObject({ kind: 'ranges' })
    expect(performance.now() - startMs).toBeLessThan(250)
  })
})
