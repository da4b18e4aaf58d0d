import { z } from 'zod'
import { describeSettings, type Setting } from './describe.ts'
import { configSchema } from './schema.ts'

type JsonSchema = z.core.JSONSchema.BaseSchema

/** What the schema says for ourselves (see {@link Setting}), or of the values once they are read: noise to an editor. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  ...['expects', 'expectsOfItem', 'defaultText', 'isSecret', 'isPath'],
  'readOnly',
])

/**
 * The JSON Schema of `kontor.yaml`, by which editors complete it, explain each setting and mark what is wrong. It is a
 * little more lenient than the settings are: what only code can tell (a host name, a range of addresses) is text to it.
 */
export function configJsonSchema(): Record<string, unknown> {
  const settings = new Map(describeSettings().map((setting) => [setting.key, setting]))
  const { $schema, ...root } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' })
  const { type: _, ...section } = rewrite('', root, settings)
  return {
    $schema,
    title: 'Settings of Kontor (kontor.yaml)',
    // A file in which everything is commented out is a good one.
    type: ['object', 'null'],
    ...section,
  }
}

function rewrite(key: string, schema: JsonSchema, settings: ReadonlyMap<string, Setting>): Record<string, unknown> {
  const setting = settings.get(key)
  const own = Object.entries(schema).filter(([word]) => !OWN_WORDS.has(word))
  const rewritten: Record<string, unknown> = Object.fromEntries(own)
  if (setting !== undefined) {
    const { description, expects, defaultText } = setting
    const byDefault = defaultText === undefined ? '' : `\n\nDefault: ${defaultText}.`
    rewritten['description'] = `${description}\n\nValue: ${expects}.${byDefault}`
    // zod names JavaScript's own limit where the schema names none.
    if (schema.maximum === Number.MAX_SAFE_INTEGER) delete rewritten['maximum']
    return rewritten
  }
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => [
    name,
    typeof member === 'boolean' ? member : rewrite(key === '' ? name : `${key}.${name}`, member, settings),
  ])
  delete rewritten['default']
  // A section whose lines are all commented out is an empty one.
  return { ...rewritten, type: ['object', 'null'], properties: Object.fromEntries(members) }
}
