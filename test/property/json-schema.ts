import fc from 'fast-check'
import type { JsonSchema } from '../../server/api/openapi-schemas.ts'
import { anyText } from './grammar.ts'

/** Names of what is there, of what is not, and of what means something elsewhere. */
export const KNOWN_TEXTS = [
  'acme',
  'acme/web',
  'acme/**',
  'alice',
  'ci',
  'team',
  'v1',
  'latest',
  'linux/amd64',
  'pull',
  '1',
  '2',
] as const

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    null,
    true,
    -1,
    0,
    1.5,
    1e308,
    '',
    '\0',
    '\ud800',
    '\u202e',
    '__proto__',
    [],
    {},
    [[]],
    'a'.repeat(3000),
  ),
)

const texts = fc.oneof(
  fc.constantFrom(...KNOWN_TEXTS),
  fc.constantFrom(
    '2099-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00+23:59',
    'a@example.com',
    'password 1',
  ),
  anyText,
)

/** JSON that a schema takes, nearly takes, or does not take at all. Named schemas are looked up. */
export function jsonLike(
  schema: JsonSchema | boolean,
  named: Readonly<Record<string, JsonSchema>>,
): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 8, arbitrary: fitting(schema, named) }, { weight: 1, arbitrary: anyJson })
}

function fitting(schema: JsonSchema | boolean, named: Readonly<Record<string, JsonSchema>>): fc.Arbitrary<unknown> {
  if (typeof schema === 'boolean') return anyJson
  const { $ref, enum: values, const: only, anyOf, oneOf, type, properties = {}, required = [], items } = schema
  if ($ref !== undefined) return jsonLike(named[$ref.slice($ref.lastIndexOf('/') + 1)] ?? true, named)
  if (values !== undefined) return fc.constantFrom(...values)
  if (only !== undefined) return fc.constant(only)
  const choices = anyOf ?? oneOf
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => jsonLike(choice, named)))
  switch (type) {
    case 'object': {
      const fields = Object.entries(properties).map(([key, value]) => {
        const there = jsonLike(value, named).map((json) => [[key, json]])
        return required.includes(key) ? there : fc.oneof(there, fc.constant([]))
      })
      const unknown = fc.oneof(
        { weight: 9, arbitrary: fc.constant([]) },
        fc.tuple(anyText, anyJson).map((field) => [field]),
      )
      return fc.tuple(...fields, unknown).map((drawn) => Object.fromEntries(drawn.flat()))
    }
    case 'array':
      return fc.array(jsonLike(typeof items === 'object' && !Array.isArray(items) ? items : true, named), {
        maxLength: 3,
      })
    case 'string':
      return texts
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'number':
      return fc.oneof(fc.nat(5), fc.maxSafeInteger(), fc.double())
    case 'null':
      return fc.constant(null)
    default:
      return anyJson
  }
}
