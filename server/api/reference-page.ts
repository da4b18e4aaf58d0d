import type { Page } from './app.ts'
import { sendPage } from './html-page.ts'
import { html, type Markup, proseMarkup } from './markup.ts'
import type { DescribeApi } from './openapi.ts'
import type { Content, OpenApiDocument, Operation } from './openapi-document.ts'
import { renderField, renderFields, renderType, schemaAnchor } from './reference-schemas.ts'

/** An operation with what its place in the document says of it. */
interface PlacedOperation extends Operation {
  readonly method: string
  readonly path: string
}

/** `/api`: the API for people, written from its description. One page without scripts, which needs nothing else. */
export function createReferencePage(describe: DescribeApi): Page {
  return {
    path: '/api',
    name: 'reference',
    access: { kind: 'public' },
    async handle(response, _request, { origin }) {
      const document = describe()
      sendPage(response, { title: `${document.info.title} API`, body: renderReference(document, origin) })
    },
  }
}

function renderReference(document: OpenApiDocument, origin: string): Markup {
  const { info, tags, components } = document
  const operations = listOperations(document)
  const schemas = Object.entries(components.schemas).toSorted(([one], [other]) => one.localeCompare(other, 'en'))
  return html`<a class="skip" href="#main">Skip to the content</a>
<div class="page">
<header><h1>${info.title} API <small>${info.version}</small></h1></header>
<nav aria-label="Contents"><ul>
<li><a href="#begin">How to begin</a></li>
${tags.map(({ name }) => html`<li><a href="#${name}">${titleOf(name)}</a></li>\n`)}<li><a href="#schemas">Schemas</a></li>
</ul></nav>
<main id="main">
${renderBeginning(document, origin)}
${tags.map(({ name }) => renderTag(name, operations))}
<section aria-labelledby="schemas">
<h2 id="schemas">Schemas</h2>
${schemas.map(
  ([name, schema]) => html`<article id="${schemaAnchor(name)}">
<h3><a href="#${schemaAnchor(name)}">${name}</a></h3>
<p class="quiet">${schema.description === undefined ? renderType(schema) : proseMarkup(schema.description)}</p>
${renderFields(schema)}
</article>
`,
)}</section>
</main>
<footer><p>The same for programs: <a href="/api/v1/openapi.json">OpenAPI ${document.openapi}</a></p></footer>
</div>`
}

function renderBeginning({ info, servers }: OpenApiDocument, origin: string): Markup {
  const base = `${origin}${servers[0]?.url ?? ''}`
  return html`<section aria-labelledby="begin">
<h2 id="begin">How to begin</h2>
<p>Send the name and the password with which you log in to push images, as <code>Basic</code> credentials; for programs,
make an access token and send it in place of the password, or as <code>Authorization: Bearer</code>. All paths are below
<code>${base}</code>.</p>
<pre tabindex="0"><code>curl -u alice ${base}/user
curl -u alice ${base}/user/tokens -H 'Content-Type: application/json' \\
  -d '{"name": "laptop", "scopes": [{"repositories": "alice/**", "permission": "pull"}]}'
curl -H "Authorization: Bearer $TOKEN" ${base}/repositories</code></pre>
${info.description.split('\n\n').map((paragraph) => html`<p>${proseMarkup(paragraph)}</p>\n`)}</section>`
}

function listOperations({ paths }: OpenApiDocument): PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  )
}

function renderTag(tag: string, operations: readonly PlacedOperation[]): Markup {
  return html`<section aria-labelledby="${tag}">
<h2 id="${tag}">${titleOf(tag)}</h2>
${operations.filter(({ tags }) => tags.includes(tag)).map(renderOperation)}</section>
`
}

function renderOperation(operation: PlacedOperation): Markup {
  const { operationId, method, path, summary, parameters, requestBody, responses } = operation
  const fields = parameters.map(({ name, description, required, schema }) =>
    renderField(name, { ...schema, description }, required),
  )
  // What a refusal looks like is the same everywhere, and is told once.
  const successes = Object.entries(responses).filter(([status]) => status !== 'default')
  return html`<article id="${operationId}">
<h3><a href="#${operationId}"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></a></h3>
<p>${summary}</p>
<p class="quiet">For: ${proseMarkup(operation['x-kontor-access'])}</p>
${fields.length === 0 ? '' : html`<h4>Parameters</h4><dl class="fields">${fields}</dl>`}
${requestBody === undefined ? '' : html`<h4>Body</h4>${renderContent(requestBody.content)}`}
${successes.map(
  ([status, { description, content }]) =>
    html`<h4>${status} ${description}</h4>${content === undefined ? '' : renderContent(content)}`,
)}
</article>
`
}

function renderContent(content: Content): readonly Markup[] {
  return Object.entries(content).map(
    ([mediaType, { schema }]) =>
      html`<p class="quiet"><code>${mediaType}</code> ${renderType(schema)}</p>${renderFields(schema)}`,
  )
}

/** `refresh-tokens` as a heading. */
function titleOf(tag: string): string {
  if (tag === 'openapi') return 'OpenAPI'
  const words = tag.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
