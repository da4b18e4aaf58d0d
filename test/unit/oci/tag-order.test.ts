import { expect, test } from 'vitest'
import { tagSortKey } from '../../../oci/tag-order.ts'

test.each([
  [
    'semver’s own example',
    [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
    ],
  ],
  ['numbers that grow a digit', ['1.9', '1.10', '1.10.1', '2', '10', '99', '100']],
  [
    'release candidates before the release, with or without a v',
    ['v1.9.9', '1.10.0-rc.1', 'v1.10.0-rc.2', '1.10.0', 'v1.10.1'],
  ],
  ['variants of a version beside it', ['3.18', '3.19-alpine', '3.19', '3.19.1-alpine', '3.19.1']],
  ['versions of four numbers', ['1.2.3', '1.2.3.4-rc1', '1.2.3.4', '1.2.3.10']],
  ['dates', ['20231231', '20240101', '20240131']],
  [
    'names in natural order, before all versions, and latest at last',
    ['main', 'pr-9', 'pr-10', 'pr-10-fix', '0.1', '99', 'latest'],
  ],
  ['numbers of many digits', ['build-9', 'build-99999999999999999999', 'build-100000000000000000000']],
  ['numbers beyond all measure', [`1.${'8'.repeat(40)}`, `1.${'9'.repeat(40)}`]],
])('%s', (_, ascending) => {
  expect(ascending.toReversed().sort((a, b) => (tagSortKey(a) < tagSortKey(b) ? -1 : 1))).toEqual(ascending)
})

test.each([
  ['v1.2', '1.2'],
  ['1.2', '1.2.0'],
  ['1.02', '1.2'],
  ['1.2-rc1', '1.2_rc1'],
])('%s and %s are the same version', (one, other) => {
  expect(tagSortKey(one)).toBe(tagSortKey(other))
})

test.each(['v', 'v.1', 'version-1', 'a1.2', '_1', 'Latest'])('%s is a name and no version', (name) => {
  expect(tagSortKey(name) < tagSortKey('0')).toBe(true)
})
