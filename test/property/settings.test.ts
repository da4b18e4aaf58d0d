import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '../../config/config-error.ts'
import { describeSettings } from '../../config/describe.ts'
import { formatConfig } from '../../config/print.ts'
import { type GivenSettings, loadWith } from '../unit/config/load-with.ts'
import { check } from './check.ts'
import { anyText, HOSTILE_TEXTS } from './grammar.ts'

const settings = describeSettings()
const keys = fc.constantFrom(...settings.map(({ key }) => key), '__proto__', 'constructor.prototype', 'http', 'no.such')
const values = fc.oneof(
  fc.constantFrom(
    '5000',
    '0',
    '-1',
    '1e3',
    'true',
    'null',
    '~',
    '[]',
    '{}',
    '10.0.0.0/8',
    '10.0.0.0/33',
    'http://x',
    'http://x:99999',
    '2099-01-01',
  ),
  anyText,
)

/** YAML that nearly holds settings: indented, aliased, tagged, cut off. */
const yamlPiece = fc.constantFrom(
  ...[
    'http:\n',
    '  port: ',
    '5000\n',
    'dataDir: ',
    '&a ',
    '*a\n',
    '- ',
    '? ',
    ': ',
    '|\n',
    '>-\n',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    '\n',
    '  ',
    '\t',
  ],
  ...[
    '!!binary ',
    '!!js/function ',
    '<<: ',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '# ',
    'admin:\n  password: x\n',
    '__proto__: ',
    '\0',
    '\ufeff',
    '&a [*a, *a]\n',
    '&b {x: *b}\n',
  ],
)
const yaml = fc.oneof(
  anyText,
  fc.array(yamlPiece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc
    .array(fc.tuple(keys, values), { maxLength: 4 })
    .map((pairs) => pairs.map(([key, value]) => `${key.replaceAll('.', ':\n  ')}: ${value}\n`).join('')),
)
const env = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...settings.map(({ envName }) => envName)),
    fc.constantFrom('KONTOR_PORT', 'KONTOR_ADMIN__PASSWORD_FILE', 'KONTOR___PROTO____X', 'KONTOR_'),
  ),
  values,
  { maxKeys: 3 },
)
const flags = fc.array(fc.oneof(fc.constantFrom(...settings.map(({ flag }) => flag), '--', '--=', '-x'), values), {
  maxLength: 4,
})

/** Loaded settings, or undefined with nothing but a ConfigError, whose every line says where and what. */
function loadedOrRefused(given: GivenSettings) {
  try {
    return loadWith(given)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { message } of error.problems) expect(message).not.toBe('')
    return undefined
  }
}

test('whatever file, environment and flags say, there are settings or reasons, and printed settings load again', () => {
  const untouched = Object.getOwnPropertyNames(Object.prototype)
  const given = fc.record({ yaml, env, flags }, { requiredKeys: [] })
  check(
    fc.property(given, (each) => {
      const loaded = loadedOrRefused(each)
      if (loaded === undefined) return
      const { config } = loadWith({ yaml: formatConfig(loaded) })
      const { password: _, ...admin } = loaded.config.admin
      expect(config).toEqual({ ...loaded.config, admin })
    }),
    { numRuns: 100 },
  )
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(untouched)
})

test.each(HOSTILE_TEXTS)('ten kilobytes of %s are read within a second (S33)', (_, text) => {
  for (const hostile of [text, `http: ${text}`, `${text}: 1`]) {
    const startMs = performance.now()
    loadedOrRefused({ yaml: hostile })
    expect(performance.now() - startMs).toBeLessThan(1000)
  }
})

test('aliases that stand for billions of others are refused, and not written out', () => {
  const lines = Array.from({ length: 12 }, (_, level) => {
    return `  - &l${level + 1} [${Array.from({ length: 10 }, () => `*l${level}`).join(', ')}]`
  })
  const bomb = `http:\n  trustProxy:\n  - &l0 [x]\n${lines.join('\n')}\n`
  expect(loadedOrRefused({ yaml: bomb })).toBeUndefined()
})
