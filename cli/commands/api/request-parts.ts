import { CliError } from '../../cli-error.ts'
import { EXIT } from '../../exit-codes.ts'

/**
 * Reads `key=value` and `key=json`.
 * @throws CliError usage
 */
export function parseFields(
  texts: readonly string[] = [],
  jsons: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  const asText = texts.map((field) => splitField(field))
  const asJson = jsons.map((field) => {
    const [key, value] = splitField(field)
    return [key, parseValue(field, value)] as const
  })
  return Object.fromEntries<unknown>([...asText, ...asJson])
}

/** @throws CliError usage */
export function parseHeaders(headers: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    headers.map((header) => {
      const [, name = '', value = ''] = /^([\w-]+):\s*([^\r\n]*)$/.exec(header) ?? []
      if (name === '') throw usage(`-H ${header} is no header`, "write it as -H 'Accept: text/csv'")
      return [name, value]
    }),
  )
}

function splitField(field: string): readonly [string, string] {
  const at = field.indexOf('=')
  if (at > 0) return [field.slice(0, at), field.slice(at + 1)]
  throw usage(`${field} is no field`, 'write it as -f name=acme')
}

function parseValue(field: string, value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    throw usage(`the value of -F ${field} is no JSON`, `use -f ${field} for a text`)
  }
}

function usage(message: string, hint: string): CliError {
  return new CliError(message, { exitCode: EXIT.usage, hint })
}
