import { expect, test } from 'vitest'
import { html, joinMarkup, proseMarkup } from '../../../server/api/markup.ts'

test('escapes every text, in elements and in attributes', () => {
  const text = `<b title="x" id='y'>&amp;`
  const escaped = '&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;'
  expect(html`<p title="${text}">${text}</p>`.markup).toBe(`<p title="${escaped}">${escaped}</p>`)
})

test('keeps markup as it is, one by one and in rows', () => {
  const items = ['a', '<'].map((text) => html`<li>${text}</li>`)
  expect(html`<ul>${items}</ul>`.markup).toBe('<ul><li>a</li><li>&lt;</li></ul>')
  expect(joinMarkup(items, html`<hr>`).markup).toBe('<li>a</li><hr><li>&lt;</li>')
})

test('shows as code what is between backticks, escaped as well', () => {
  expect(proseMarkup('a `<b>` or `c`').markup).toBe('a <code>&lt;b&gt;</code> or <code>c</code>')
  expect(proseMarkup('plain').markup).toBe('plain')
})
