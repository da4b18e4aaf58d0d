import { z } from 'zod'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** Where zod puts what has a name, and where OpenAPI wants it. */
const FROM = '#/$defs/'
const TO = '#/components/schemas/'

/** Zod schemas as JSON Schema, with those that have an `id` set apart to be referred to. */
export interface OpenApiSchemas {
  /**
   * @param io whether what comes in is meant or what goes out; they differ where a schema transforms or has defaults.
   * @throws Error when two different things have one `id`.
   */
  add(schema: z.ZodType, io: 'input' | 'output'): JsonSchema
  /** What has a name, by that name. */
  readonly named: Readonly<Record<string, JsonSchema>>
}

/**
 * Zod's own conversion does the work. A library that assembles whole OpenAPI documents was tried in its place
 * (zod-to-openapi 9.1): it shows fields of `exactOptional()` as required, and a named schema that is nullable in one
 * place as nullable everywhere.
 */
export function createOpenApiSchemas(): OpenApiSchemas {
  const named: Record<string, JsonSchema> = {}
  return {
    named,
    add(schema, io) {
      const { $schema: _, $defs = {}, ...converted } = z.toJSONSchema(schema, { io, override: simplify })
      for (const [name, definition] of Object.entries($defs)) {
        const moved = moveReferences(definition)
        const known = named[name]
        if (known !== undefined && JSON.stringify(known) !== JSON.stringify(moved)) {
          throw new Error(`two different schemas are called ${name}; give one of them another id`)
        }
        named[name] = moved
      }
      return moveReferences(converted)
    },
  }
}

/** Leaves out what the format says already, and bounds that are those of JavaScript's integers. */
function simplify({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.format === 'date-time' || jsonSchema.format === 'email') delete jsonSchema.pattern
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}

function moveReferences(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' && value.startsWith(FROM) ? TO + value.slice(FROM.length) : value,
  )
}
