/** HTML that may be sent as it is: what {@link html} makes, or a constant. No text gets into a page unescaped. */
export interface Markup {
  readonly markup: string
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Puts texts, which are escaped, and other markup, which is not, into HTML that is written out in the code. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Markup | readonly Markup[])[]): Markup {
  const filled = values.map((value, index) => toText(value) + (parts[index + 1] ?? ''))
  return { markup: (parts[0] ?? '') + filled.join('') }
}

function toText(value: string | Markup | readonly Markup[]): string {
  if (typeof value === 'string') return value.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
  return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('')
}

/** Markup in a row, with something between. */
export function joinMarkup(items: readonly Markup[], between: Markup): Markup {
  return { markup: items.map(({ markup }) => markup).join(between.markup) }
}

/** Text in which backticks mark code, as descriptions are written. */
export function proseMarkup(text: string): Markup {
  const pieces = text.split('`').map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`))
  return html`${pieces}`
}
