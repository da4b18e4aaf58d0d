import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OpenApiDocument, Parameter } from '../../server/api/openapi-document.ts'
import { openTestServer, pushImage, type TestServer } from '../support/server.ts'
import { checkAsync } from './check.ts'
import { anyText } from './grammar.ts'
import { jsonLike, KNOWN_TEXTS } from './json-schema.ts'
import { percentEncoded } from './percent-encoded.ts'

let server: TestServer
let api: OpenApiDocument
let digest: string
/** Of somebody who may do everything, and whom no path below names: who deletes themselves asks nothing more. */
let authorization: string

beforeAll(async () => {
  server = await openTestServer()
  api = (await server.anonymous.get('/api/v1/openapi.json')).body
  await server.admin.post('/api/v1/users').send({ username: 'rita', password: 'password of rita' }).expect(201)
  await server.admin.patch('/api/v1/users/rita').send({ role: 'admin' }).expect(200)
  await furnish()
})
afterAll(() => server.close())

/** Puts everything there that paths name, or again what has been deleted. */
async function furnish(): Promise<void> {
  await server.createUser('alice').catch(() => {})
  await server.admin.post('/api/v1/organizations').send({ name: 'acme' })
  await server.admin.post('/api/v1/organizations/acme/teams').send({ name: 'team' })
  await server.admin.post('/api/v1/organizations/acme/robots').send({
    name: 'ci',
    scopes: [{ repositories: 'acme/web', permission: 'pull' }],
  })
  digest = await pushImage(server.admin, 'acme/web', { tag: 'v1' }).then(
    (image) => image.digest,
    () => '',
  )
  const rita = server.as(`Basic ${Buffer.from('rita:password of rita').toString('base64')}`)
  const { body } = await rita.post('/api/v1/user/tokens').send({ name: 'all' }).expect(201)
  authorization = `Bearer ${body.token}`
}

/** Something to ask, all of it chosen freely, but for the route. */
interface Asked {
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | undefined
  readonly isKnown: boolean
}

function textOf(parameter: Parameter): fc.Arbitrary<string> {
  const known = KNOWN_TEXTS.filter((text) => !text.includes('/') || parameter.name === 'repository')
  const fitting: Readonly<Record<string, readonly string[]>> = {
    repository: ['acme/web'],
    org: ['acme'],
    user: ['alice'],
    team: ['team'],
    robot: ['ci'],
    tag: ['v1'],
    reference: ['v1', 'DIGEST'],
    digest: ['DIGEST'],
    ref: ['v1'],
    type: ['repository', 'tag', 'organization', 'user'],
    format: ['oci', 'docker'],
    limit: ['1', '2', '1000'],
  }
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...(fitting[parameter.name] ?? known)) },
    { weight: 1, arbitrary: fc.constantFrom(...known) },
    { weight: 2, arbitrary: anyText },
  )
}

const header = fc.tuple(
  fc.constantFrom(
    'If-Match',
    'Accept',
    'Range',
    'If-None-Match',
    'Content-Type',
    'Accept-Language',
    'Content-Encoding',
  ),
  fc.constantFrom(
    '*',
    '"1"',
    '"1e3"',
    'W/"1"',
    'application/jsonl',
    'text/csv;q=0.5, */*;q=x',
    'bytes=0-0',
    'gzip',
    'text/plain',
    '\xff',
  ),
)

/** Any request to a route of the API's own description. */
function requestsTo(path: string, method: string, operation: NonNullable<OpenApiDocument['paths'][string]['get']>) {
  const named = api.components.schemas
  const of = (place: 'path' | 'query') => operation.parameters.filter((parameter) => parameter.in === place)
  const inPath = fc.tuple(...of('path').map(textOf))
  const inQuery = fc.tuple(
    ...of('query').map((parameter) =>
      fc.option(
        textOf(parameter).map((text) => [parameter.name, text] as const),
        { nil: undefined },
      ),
    ),
  )
  const json = operation.requestBody?.content['application/json']?.schema
  const body =
    json === undefined
      ? fc.constant(undefined)
      : fc.oneof(
          { weight: 9, arbitrary: jsonLike(json, named).map((value) => JSON.stringify(value)) },
          {
            weight: 1,
            arbitrary: fc.oneof(anyText, fc.constantFrom('', '{', '[1', '"x"', 'nul', '{"a":1}{', '\ufeff{}')),
          },
        )
  const record = {
    inPath,
    inQuery,
    extra: fc.oneof(
      { weight: 9, arbitrary: fc.constant([]) },
      fc.tuple(anyText, anyText).map((pair) => [pair]),
    ),
    headers: fc.array(header, { maxLength: 1 }),
    body,
    isKnown: fc.constantFrom(true, true, true, false),
  }
  return fc.record(record).map(({ inPath: segments, inQuery: given, extra, ...rest }): Asked => {
    let index = 0
    return {
      ...rest,
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, () => percentEncoded(segments[index++] ?? '')),
      query: [...given.filter((pair) => pair !== undefined), ...extra],
    }
  })
}

test('whatever the API is asked, it answers as it says, or refuses with a problem: nothing fails', async () => {
  const routes = Object.entries(api.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => requestsTo(path, method, operation)),
  )
  let successes = 0
  await checkAsync(
    fc.asyncProperty(fc.oneof(...routes), async ({ method, path, query, headers, body, isKnown }) => {
      const search = query.map((pair) => pair.map(percentEncoded).join('=')).join('&')
      const response = await fetch(`${server.url}/api/v1${path.replaceAll('DIGEST', digest)}?${search}`, {
        method,
        headers: [
          ...(isKnown ? [['Authorization', authorization]] : []),
          ...(body === undefined ? [] : [['Content-Type', 'application/json']]),
          ...headers,
        ] as [string, string][],
        ...(body !== undefined && { body }),
      })
      const text = await response.text()
      expect(response.status, text).toBeLessThan(500)
      if (response.status === 401 && isKnown) await furnish()
      if (response.ok) {
        successes += 1
        if (method === 'DELETE') await furnish()
        return
      }
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(JSON.parse(text)).toMatchObject({
        type: 'about:blank',
        status: response.status,
        title: expect.any(String),
      })
      expect(text.length).toBeLessThan(20_000)
    }),
    { numRuns: 150 },
  )
  expect(successes).toBeGreaterThan(10)
})

test('a refusal of very much that is wrong is short', async () => {
  const wrong = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`field ${index}`, 0]))
  const { text, status } = await server.anonymous.post('/api/v1/invitations/accept').send(wrong)
  expect(status).toBe(400)
  expect(text.length).toBeLessThan(5_000)
})
