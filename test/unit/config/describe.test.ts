import { expect, test } from 'vitest'
import { describeSettings } from '../../../config/describe.ts'

const settings = describeSettings()

test('a setting is described with its names in all places', () => {
  expect(settings.find(({ key }) => key === 'http.tls.certFile')).toMatchObject({
    envName: 'KONTOR_HTTP__TLS__CERT_FILE',
    flag: '--http.tls.cert-file',
    kind: 'text',
    expects: 'the path of a file',
    isPath: true,
    isSecret: false,
  })
})

test('every setting says what it is for, and what it is without a value', () => {
  const silent = settings.filter(({ description, defaultText, default: value, key }) => {
    const isOptionalGroup = key.startsWith('http.tls.')
    return !description.endsWith('.') || (value === undefined && defaultText === undefined && !isOptionalGroup)
  })
  expect(settings.length).toBeGreaterThan(20)
  expect(silent.map(({ key }) => key)).toEqual([])
})

test('no variable can be taken for the file of another one', () => {
  const names = new Set(settings.map(({ envName }) => envName))
  expect([...names].filter((name) => names.has(`${name}_FILE`))).toEqual([])
})
