import { expect, test } from 'vitest'
import { describeSettings } from '../../../config/describe.ts'
import { formatInitialFile } from '../../../config/initial-file.ts'
import { loadWith } from './load-with.ts'

test('a first file in which nothing is set means the defaults', () => {
  expect(loadWith({ yaml: formatInitialFile(new Map()) })).toEqual(loadWith({}))
})

test('what is given is set in it, and everything else has its default', () => {
  const values = new Map<string, unknown>([
    ['dataDir', '/srv/it\'s "mine": #1'],
    ['http.port', 5001],
    ['http.trustProxy', ['10.0.0.0/8', '::1']],
    ['log.access', false],
  ])
  const { config, sources } = loadWith({ yaml: formatInitialFile(values) })
  expect(config).toEqual({
    ...loadWith({}).config,
    dataDir: '/srv/it\'s "mine": #1',
    http: { ...loadWith({}).config.http, port: 5001, trustProxy: ['10.0.0.0/8', '::1'] },
    log: { ...loadWith({}).config.log, access: false },
  })
  expect([...sources].filter(([, { kind }]) => kind === 'file').map(([key]) => key)).toEqual([...values.keys()])
})

test('it explains every setting but the secret ones, in lines that fit a terminal', () => {
  const text = formatInitialFile(new Map())
  for (const { key, isSecret } of describeSettings()) {
    const name = key.slice(key.lastIndexOf('.') + 1)
    expect(new RegExp(`^ *#${name}:`, 'm').test(text), key).toBe(!isSecret)
  }
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
})

test('what is commented out can be used once it is no comment any more', () => {
  const text = formatInitialFile(new Map()).replace(/^( *)#(\w+: .)/gm, '$1$2')
  expect(loadWith({ yaml: text }).config).toEqual(loadWith({}).config)
})
