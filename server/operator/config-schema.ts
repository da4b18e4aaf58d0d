import { configJsonSchema } from '../../config/json-schema.ts'

/** `kontor config schema`: the JSON Schema of kontor.yaml, for editors. */
export function printConfigSchema(): void {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
}
