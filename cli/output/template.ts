import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { ago } from './ago.ts'
import { size } from './size.ts'

/** A template such as `{{.Tag}} {{.Digest}}`, ready to be filled in. */
export type Template = (row: unknown) => string

const FUNCTIONS: Readonly<Record<string, (value: unknown, now: number) => string>> = {
  json: (value) => JSON.stringify(value ?? null),
  upper: (value) => textOf(value).toUpperCase(),
  lower: (value) => textOf(value).toLowerCase(),
  ago: (value, now) => (typeof value === 'string' ? ago(value, now) : ''),
  size: (value) => (typeof value === 'number' ? size(value) : ''),
}

const PLACE = /\{\{\s*(.*?)\s*\}\}/g
/** `.Name`, `.owner.name`, `.`, `json .`, `.Size | size`. */
const EXPRESSION = /^(?:(\w+)\s+)?\.([\w.]*)(?:\s*\|\s*(\w+))?$/

/**
 * Reads a template of docker's kind. Fields are those of the JSON output, with a first letter in either case.
 * @throws CliError for what it does not understand.
 */
export function parseTemplate(text: string, now: number): Template {
  const literals = text.replace(/\\t/g, '\t').replace(/\\n/g, '\n').split(PLACE)
  const parts = literals.map((part, index) => (index % 2 === 0 ? () => part : parsePlace(part, now)))
  return (row) => parts.map((part) => part(row)).join('')
}

function parsePlace(expression: string, now: number): (row: unknown) => string {
  const [, before, path = '', after] = EXPRESSION.exec(expression) ?? []
  const name = before ?? after
  const call = name === undefined ? undefined : FUNCTIONS[name]
  if (!EXPRESSION.test(expression) || (name !== undefined && call === undefined)) {
    throw new CliError(`{{${expression}}} is not understood in --format`, {
      exitCode: EXIT.usage,
      hint: `fields are written {{.Name}}, functions are ${Object.keys(FUNCTIONS).join(', ')}`,
    })
  }
  const keys = path.split('.').filter((key) => key !== '')
  return (row) => {
    const value = keys.reduce(fieldOf, row)
    return call === undefined ? textOf(value) : call(value, now)
  }
}

function fieldOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  const lower = key.charAt(0).toLowerCase() + key.slice(1)
  const own = [key, lower].find((name) => Object.hasOwn(value, name))
  return own === undefined ? undefined : (value as Record<string, unknown>)[own]
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
