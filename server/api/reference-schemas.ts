import { html, joinMarkup, type Markup, proseMarkup } from './markup.ts'
import type { JsonSchema } from './openapi-schemas.ts'

const NAMED = '#/components/schemas/'

/** Where the reference page shows a named schema. */
export function schemaAnchor(name: string): string {
  return `schema-${name}`
}

/** A schema in a few words: its type, its limits, what it is called. */
export function renderType(schema: JsonSchema): Markup {
  const type = renderBareType(schema)
  const limits = limitsOf(schema)
  return limits.length === 0 ? type : html`${type}, ${limits.join(', ')}`
}

function renderBareType(schema: JsonSchema): Markup {
  const { $ref, enum: values, const: value, anyOf, oneOf, type, format, items } = schema
  if ($ref !== undefined) {
    const name = $ref.slice(NAMED.length)
    return html`<a href="#${schemaAnchor(name)}">${name}</a>`
  }
  if (value !== undefined) return html`<code>${JSON.stringify(value)}</code>`
  if (values !== undefined) {
    return joinMarkup(
      values.map((one) => html`<code>${JSON.stringify(one)}</code>`),
      html` · `,
    )
  }
  const alternatives = anyOf ?? oneOf
  if (alternatives !== undefined) {
    return joinMarkup(
      alternatives.map((one) => renderBareType(toSchema(one))),
      html` or `,
    )
  }
  if (type === 'array') return html`list of ${renderBareType(toSchema(items))}`
  if (type === undefined) return html`anything`
  const name = [type].flat().join(' or ')
  return html`${format === undefined ? name : `${name} (${format})`}`
}

function limitsOf({ minLength, maxLength, minimum, maximum, minItems, maxItems, default: unlessTold }: JsonSchema) {
  return [
    rangeOf(minLength, maxLength, 'characters'),
    rangeOf(minItems, maxItems, 'items'),
    rangeOf(minimum, maximum, ''),
    unlessTold === undefined ? undefined : `${JSON.stringify(unlessTold)} unless told`,
  ].filter((limit) => limit !== undefined)
}

function rangeOf(least: number | undefined, most: number | undefined, unit: string): string | undefined {
  if (least === undefined && most === undefined) return undefined
  const range =
    least === undefined ? `at most ${most}` : most === undefined ? `at least ${least}` : `${least} to ${most}`
  return `${range} ${unit}`.trimEnd()
}

/** What is in a schema: the fields of objects, those within lists and alternatives too; nothing for a plain one. */
export function renderFields(schema: JsonSchema): readonly Markup[] {
  const { properties, required = [], items, anyOf, oneOf } = schema
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(([name, field]) =>
      renderField(name, toSchema(field), required.includes(name)),
    )
    return [html`<dl class="fields">${fields}</dl>`]
  }
  if (items !== undefined) return renderFields(toSchema(items))
  const alternatives = (anyOf ?? oneOf ?? []).map(renderFields).filter((fields) => fields.length > 0)
  return alternatives.flatMap((fields, index) => (index === 0 ? fields : [html`<p class="quiet">or</p>`, ...fields]))
}

/** A field or a parameter: its name, its type, what it means. */
export function renderField(name: string, schema: JsonSchema, isRequired: boolean): Markup {
  const { description, examples = [] } = schema
  const exampleTexts = examples.map((example) => html` <code>${JSON.stringify(example)}</code>`)
  return html`<div>
<dt><code>${name}</code> <span>${renderType(schema)}${isRequired ? '' : ', optional'}</span></dt>
<dd>${description === undefined ? '' : proseMarkup(description)}${
    exampleTexts.length === 0 ? '' : html` <span>e.g.${exampleTexts}</span>`
  }${renderFields(schema)}</dd>
</div>
`
}

/** JSON Schema lets `true` and `false` stand for everything and nothing, and older editions have lists of items. */
function toSchema(schema: boolean | JsonSchema | readonly unknown[] | undefined): JsonSchema {
  return typeof schema === 'object' && !isList(schema) ? schema : {}
}

function isList(schema: JsonSchema | readonly unknown[]): schema is readonly unknown[] {
  return Array.isArray(schema)
}
