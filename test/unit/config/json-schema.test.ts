import { expect, test } from 'vitest'
import { describeSettings } from '../../../config/describe.ts'
import { configJsonSchema } from '../../../config/json-schema.ts'

/** What the schema says of a setting or a section. */
function schemaAt(key: string): unknown {
  let schema: unknown = configJsonSchema()
  for (const name of key.split('.')) {
    const properties: unknown = Reflect.get(Object(schema), 'properties')
    schema = Reflect.get(Object(properties), name)
  }
  return schema
}

test('every setting is in it, with what it is for and what it must be', () => {
  for (const { key, description, expects } of describeSettings()) {
    expect(schemaAt(key), key).toMatchObject({
      description: expect.stringContaining(`${description}\n\nValue: ${expects}.`),
    })
  }
})

test('a section may be empty, and may have nothing in it that there is not', () => {
  expect(configJsonSchema()).toMatchObject({ type: ['object', 'null'], additionalProperties: false })
  expect(schemaAt('http')).toMatchObject({ type: ['object', 'null'], additionalProperties: false })
  expect(schemaAt('http.tls')).toMatchObject({ type: ['object', 'null'], required: ['certFile', 'keyFile'] })
})

test('numbers have the bounds that they have, and none that only JavaScript knows', () => {
  expect(schemaAt('http.port')).toMatchObject({ type: 'integer', minimum: 0, maximum: 65_535, default: 5000 })
  expect(schemaAt('http.maxConnections')).toMatchObject({ type: 'integer', minimum: 1 })
  expect(schemaAt('http.maxConnections')).not.toHaveProperty('maximum')
})

test('it holds no words of ours that an editor does not know', () => {
  expect(JSON.stringify(configJsonSchema())).not.toMatch(
    /"(expects|expectsOfItem|defaultText|isSecret|isPath|readOnly)":/,
  )
})
