import { expect, test } from 'vitest'
import { findNearestName } from '../../../config/nearest-name.ts'

const NAMES = ['dataDir', 'http', 'http.port', 'http.publicUrl', 'http.tls.keyFile', 'log.level', 'log']

test.each([
  ['http.prot', 'http.port'],
  ['HTTP_PORT', 'http.port'],
  ['data-dir', 'dataDir'],
  ['datadir', 'dataDir'],
  ['http.public-URL', 'http.publicUrl'],
  ['lgo', undefined],
  ['logs', 'log'],
  ['server.port', 'http.port'],
  ['url', 'http.publicUrl'],
  ['logging.levle', undefined],
  ['banana', undefined],
  ['', undefined],
])('somebody who writes "%s" means %s', (name, meant) => {
  expect(findNearestName(name, NAMES)).toBe(meant)
})

test('the last word counts only when one name alone ends in it', () => {
  expect(findNearestName('somewhere.else.port', ['http.port', 'metrics.port'])).toBeUndefined()
})
