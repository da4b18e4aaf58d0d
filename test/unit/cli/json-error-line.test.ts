import { expect, test } from 'vitest'
import { jsonErrorLine } from '../../../cli/files/json-error-line.ts'

test.each([
  ['{\n"a": 1\n"b": 2}', 3],
  ['{\n"a": 1,\n}', 3],
  ['{\n"a": [1, 2,\n\n "x\n"]}', 4],
  ['{"a": tru}', 1],
  ['{\n"a": {"b": "\\q"}\n}', 2],
  ['{"a": 1}\n{', 2],
  ['{"a": [\n  01]}', 2],
  ['\n\n', 3],
  ['{"a": "\\u00e9", "ü": [-1.5e3, null, {}, []],\n\'b\': 1}', 2],
])('%j stops being JSON on line %i', (text, line) => {
  expect(() => JSON.parse(text)).toThrow()
  expect(jsonErrorLine(text)).toBe(line)
})
