import { z } from 'zod'
import { describeRule, isOpenToAnonymous } from './access-words.ts'
import { createOpenApiSchemas, type JsonSchema, type OpenApiSchemas } from './openapi-schemas.ts'
import type { ApiMethod, ApiRoute } from './route.ts'

/** The part of OpenAPI 3.1 that describes this API; https://spec.openapis.org/oas/v3.1.1.html */
export type OpenApiDocument = {
  readonly openapi: '3.1.1'
  readonly info: {
    readonly title: string
    readonly version: string
    /** In Markdown. */
    readonly description: string
    readonly license: { readonly name: string; readonly identifier: string }
  }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<ApiMethod, Operation>>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly securitySchemes: Readonly<Record<string, object>>
  }
}

export type Operation = {
  /** Also where the reference page shows it. */
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  /** Who may use it, in words. */
  readonly 'x-kontor-access': string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: true; readonly content: Content }
  /** By status. */
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}

export type Parameter = {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly description: string
  readonly schema: JsonSchema
}

/** By media type. */
export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>

const DESCRIPTION = `Everything about the registry but the images themselves, which clients push and pull under \`/v2\`.

Lists come in pages: \`{"items": [...], "next": "..."}\`; ask for what follows with \`?after=\` and the value of \`next\`.

What people edit has an \`ETag\`; send it back as \`If-Match\`, and what others changed meanwhile is neither overwritten nor deleted (412).

Errors are \`application/problem+json\` (RFC 9457): \`title\` is a code for programs, \`detail\` says what to do next.
What one may not see answers like what is not there: 404.`

const SECURITY_SCHEMES = {
  basic: {
    type: 'http',
    scheme: 'basic',
    description:
      'The name of a user with the password or an access token, or the name of a robot with one of its secrets',
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An access token, a secret of a robot, or a token from `/token`',
  },
}

/** What stands between the braces of a path. */
const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  repository: 'The whole name of a repository, percent-encoded: `acme%2Fweb`',
  tag: 'A tag of the repository',
  user: 'The name of a user',
  org: 'The name of an organization',
  team: 'The name of a team',
  robot: 'The name of a robot without its organization: `ci` of `acme+ci`',
  id: 'As the list shows it',
  reference: 'The digest of a manifest, or a tag',
  digest: 'The digest of a blob',
}

const STATUS_WORDS = { 200: 'Done', 201: 'Created', 204: 'Done; there is nothing to show' } as const

/** What an error looks like, as `sendProblem` sends it. */
const problem = z
  .looseObject({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'A code for programs', examples: ['NAME_TAKEN'] }),
    status: z.int(),
    detail: z.string().meta({ description: 'What is wrong and what to do next' }),
    requestId: z.string().meta({ description: "Under which the registry's log has more" }),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Which fields of the request are wrong' }),
  })
  .meta({ id: 'Problem' })

/** Describes the API by the very schemas that check what comes in and that type what goes out. */
export function createOpenApiDocument(routes: readonly ApiRoute[], version: string): OpenApiDocument {
  const schemas = createOpenApiSchemas()
  const paths: Record<string, Partial<Record<ApiMethod, Operation>>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: toOperation(route, schemas) }
  }
  const license = { name: 'Apache License 2.0', identifier: 'Apache-2.0' }
  return {
    openapi: '3.1.1',
    info: { title: 'Kontor', version, description: DESCRIPTION, license },
    servers: [{ url: '/api/v1' }],
    tags: [...new Set(routes.map(({ path }) => tagOf(path)))].map((name) => ({ name })),
    paths,
    components: { schemas: schemas.named, securitySchemes: SECURITY_SCHEMES },
  }
}

function toOperation({ method, path, summary, access, ...route }: ApiRoute, schemas: OpenApiSchemas): Operation {
  const credentials = [{ basic: [] }, { bearer: [] }]
  const body = bodyOf(route, schemas)
  const result = route.result && schemas.add(route.result, 'output')
  const refusal = { 'application/problem+json': { schema: schemas.add(problem, 'output') } }
  // Beside JSON it is text; instead of it, a file.
  const other = result === undefined ? { type: 'string', format: 'binary' } : { type: 'string' }
  const content = Object.fromEntries([
    ...(result === undefined ? [] : [['application/json', { schema: result }]]),
    ...(route.alsoAs ?? []).map((mediaType) => [mediaType, { schema: other }]),
  ])
  const successes = route.statuses.map((status) => [
    status,
    { description: STATUS_WORDS[status], ...(status !== 204 && Object.keys(content).length > 0 && { content }) },
  ])
  return {
    operationId: [method, ...path.split(/\W+/).filter(Boolean)].join('-'),
    summary,
    tags: [tagOf(path)],
    security: isOpenToAnonymous(access) ? [{}, ...credentials] : credentials,
    'x-kontor-access': describeRule(access),
    parameters: [...toPathParameters(path), ...toQueryParameters(route.query, schemas)],
    ...(body && { requestBody: { required: true, content: body } }),
    responses: { ...Object.fromEntries(successes), default: { description: 'Refused, or failed', content: refusal } },
  }
}

function bodyOf({ body, file }: Pick<ApiRoute, 'body' | 'file'>, schemas: OpenApiSchemas): Content | undefined {
  if (body !== undefined) return { 'application/json': { schema: schemas.add(body, 'input') } }
  if (file === undefined) return undefined
  const { field, description } = file
  const part: JsonSchema = { type: 'string', contentMediaType: 'application/octet-stream', description }
  const form: JsonSchema = {
    type: 'object',
    required: [field],
    additionalProperties: false,
    properties: { [field]: part },
  }
  return { 'multipart/form-data': { schema: form } }
}

function toPathParameters(path: string): Parameter[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const description = PATH_PARAMETERS[name]
    if (description === undefined) throw new Error(`nothing says what {${name}} in ${path} is`)
    return { name, in: 'path', required: true, description, schema: { type: 'string' } }
  })
}

function toQueryParameters(query: z.ZodType | undefined, schemas: OpenApiSchemas): Parameter[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = schemas.add(query, 'input')
  return Object.entries(properties).map(([name, property]) => {
    const { description = '', ...schema } = typeof property === 'boolean' ? {} : property
    return { name, in: 'query', required: required.includes(name), description, schema }
  })
}

/** The resource that a path is about: an organization's teams are under `teams`, with whatever hangs from them. */
function tagOf(path: string): string {
  const [resource = '', within] = path.split(/[/.]/).filter((part) => part !== '' && !part.startsWith(':'))
  return resource === 'organizations' && within !== undefined ? within : resource
}
