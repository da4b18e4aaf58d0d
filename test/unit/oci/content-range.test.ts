import { expect, test } from 'vitest'
import { parseContentRange } from '../../../oci/content-range.ts'
import { refusal } from './refusal-of.ts'

test('no header says nothing', () => {
  expect(parseContentRange(undefined)).toBeUndefined()
})

test.each([
  ['0-0', 0, 0],
  ['0-99', 0, 99],
  ['100-199', 100, 199],
  ['bytes 100-199/*', 100, 199],
  ['bytes 100-199/1000', 100, 199],
  ['bytes=100-199', 100, 199],
  ['100-199/1000', 100, 199],
  [`0-${Number.MAX_SAFE_INTEGER}`, 0, Number.MAX_SAFE_INTEGER],
])('%s goes from %i to %i', (header, first, last) => {
  expect(parseContentRange(header)).toEqual({ first, last })
})

test.each([
  '',
  '-',
  '0-',
  '-1',
  '1-0',
  'a-b',
  '0--1',
  '-1-5',
  '0-1-2',
  '1.5-2',
  '0x0-0xf',
  '1e1-1e2',
  ' 0-1',
  '0-1 ',
  '0-1\n',
  'items 0-1',
  'bytes */100',
  'bytes 0-1/',
  'bytes  0-1',
  '0-9007199254740992',
  '9007199254740993-9007199254740994',
  '0-99999999999999999999',
  '0-0,1-1',
])('"%s" is refused with RANGE_INVALID and the status 416 (S39)', (header) => {
  const { code, status } = refusal(() => parseContentRange(header))
  expect({ code, status }).toEqual({ code: 'RANGE_INVALID', status: 416 })
})

test('the refusal quotes what was sent, but not without end', () => {
  expect(refusal(() => parseContentRange('x'.repeat(10_000))).detail).toEqual({ contentRange: 'x'.repeat(100) })
})
