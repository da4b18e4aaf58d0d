import { z } from 'zod'
import { configSchema } from './schema.ts'

/** One setting: everything that is known of it without a value. */
export interface Setting {
  /** Where it stands in the configuration, e.g. `http.publicUrl`. */
  readonly key: string
  /** Its environment variable, e.g. `KONTOR_HTTP__PUBLIC_URL`; with `_FILE` behind it, the one that names a file. */
  readonly envName: string
  /** Its flag, e.g. `--http.public-url`. */
  readonly flag: string
  /** How its value is written where everything is text. */
  readonly kind: 'text' | 'integer' | 'boolean' | 'list'
  /** What a value must be; completes the sentence "http.port must be …". */
  readonly expects: string
  /** The same for one item of a list. */
  readonly expectsOfItem: string | undefined
  /** The values there are, when they can be counted. */
  readonly choices: readonly string[]
  /** The value when nobody gives one; undefined when there is none or when it depends on other settings. */
  readonly default: unknown
  /** What a reader should know instead of `default` (Markdown). */
  readonly defaultText: string | undefined
  /** What it is for (Markdown, one paragraph). */
  readonly description: string
  /** Its value must never be shown. */
  readonly isSecret: boolean
  /** Its value is a path; a relative one starts at the working directory. */
  readonly isPath: boolean
}

type JsonSchema = z.core.JSONSchema.BaseSchema

/** Lists all settings, in the order of the schema. */
export function describeSettings(): readonly Setting[] {
  // The JSON Schema is zod's documented way to look into a schema; it carries our `meta` along.
  return [...describeSection('', z.toJSONSchema(configSchema, { io: 'input' }))]
}

function* describeSection(prefix: string, section: JsonSchema): Generator<Setting> {
  for (const [name, schema] of Object.entries(section.properties ?? {})) {
    if (typeof schema === 'boolean') throw new Error(`${prefix}${name} has no schema`)
    const key = `${prefix}${name}`
    if (schema.type === 'object') yield* describeSection(`${key}.`, schema)
    else yield describeSetting(key, schema)
  }
}

function describeSetting(key: string, schema: JsonSchema): Setting {
  const choices = (schema.enum ?? []).map(String)
  return {
    key,
    envName: `KONTOR_${key.replace(/[A-Z]/g, '_$&').replaceAll('.', '__').toUpperCase()}`,
    flag: `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    kind: kindOf(key, schema),
    expects: textOf(schema['expects']) ?? expectationOf(key, schema, choices),
    expectsOfItem: textOf(schema['expectsOfItem']),
    choices,
    default: schema.default,
    defaultText: textOf(schema['defaultText']),
    description: schema.description ?? '',
    isSecret: schema['isSecret'] === true,
    isPath: schema['isPath'] === true,
  }
}

function kindOf(key: string, schema: JsonSchema): Setting['kind'] {
  switch (schema.type) {
    case 'string':
      return 'text'
    case 'integer':
    case 'boolean':
      return schema.type
    case 'array':
      return 'list'
    default:
      throw new Error(`${key} is of a type that environment variables and flags cannot express`)
  }
}

function expectationOf(key: string, schema: JsonSchema, choices: readonly string[]): string {
  if (choices.length > 0) return `one of ${choices.join(', ')}`
  if (schema.type === 'boolean') return 'true or false'
  const { minimum, maximum } = schema
  if (schema.type !== 'integer' || minimum === undefined) throw new Error(`${key} does not say what it expects`)
  // zod names JavaScript's own limit where the schema names none; nobody needs to read that.
  const isOpen = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
  return isOpen ? `a whole number, ${minimum} or greater` : `a whole number from ${minimum} to ${maximum}`
}

function textOf(note: unknown): string | undefined {
  return typeof note === 'string' ? note : undefined
}
