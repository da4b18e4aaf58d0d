import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { OpenApiDocument, Operation } from '../../../server/api/openapi-document.ts'
import { damageBlob, scrubAll } from '../../support/scrub.ts'
import { type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

let server: TestServer
let alice: Client
let document: OpenApiDocument
/** What stands in the paths for their parameters. */
let values: Record<string, string>

beforeAll(async () => {
  server = await openTestServer()
  document = (await server.anonymous.get('/api/v1/openapi.json').expect(200)).body
  alice = await server.createUser('alice')
  values = await fill()
})
afterAll(() => server.close())

/** One of each thing that the API can show. */
async function fill(): Promise<Record<string, string>> {
  const acme = '/api/v1/organizations/acme'
  await alice.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await server.admin.put(`${acme}/members/admin`).send({ role: 'member' }).expect(201)
  await alice.post(`${acme}/teams`).send({ name: 'dev' }).expect(201)
  await alice.put(`${acme}/teams/dev/members/alice`).expect(204)
  const scopes = [{ repositories: 'acme/**', permission: 'push' }]
  await alice.post(`${acme}/robots`).send({ name: 'ci', scopes }).expect(201)
  await alice.post(`${acme}/invitations`).send({ role: 'member' }).expect(201)
  await server.admin.post('/api/v1/invitations').send({}).expect(201)
  const token = await server.admin.post('/api/v1/user/tokens').send({ name: 'laptop', scopes }).expect(201)
  await server.admin.get('/token').query({ offline_token: 'true', client_id: 'docker', service: 's' }).expect(200)
  const image = await pushImage(alice, 'acme/web', { tag: 'v1' })
  await alice
    .patch('/api/v1/repositories/acme%2Fweb')
    .send({ readme: '# Web', labels: { team: 'web' } })
    .expect(200)
  await server.admin.put('/api/v1/repositories/acme%2Fweb/star').expect(204)
  const damaged = await pushImage(alice, 'acme/damaged', { content: 'to be damaged' })
  await damageBlob(server.dataDir, damaged.layer)
  await scrubAll(server.admin)
  const damage = await server.admin.get('/api/v1/damage').expect(200)
  const grants = await alice.get(`${acme}/grants`).expect(200)
  return {
    org: 'acme',
    team: 'dev',
    robot: 'ci',
    user: 'alice',
    repository: 'acme%2Fweb',
    reference: 'v1',
    digest: image.layer,
    tag: 'v1',
    '/organizations/{org}/grants/{id}': String(grants.body.items[0].id),
    '/damage/{id}': String(damage.body.items[0].id),
    '/user/tokens/{id}': String(token.body.id),
  }
}

function listOperations(): { method: string; path: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
}

/** All that a `$ref` anywhere in the document points at. */
function listReferences(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : listReferences(inner)))
}

/** A schema of the document as one that checks. */
function toChecker(schema: object) {
  const moved = JSON.stringify({ ...schema, $defs: document.components.schemas })
  return z.fromJSONSchema(JSON.parse(moved.replaceAll('#/components/schemas/', '#/$defs/')))
}

describe('the description', () => {
  test('has exactly the routes that the server has', () => {
    const declared = server.routes
      .filter(({ door }) => door === 'api')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect(
      listOperations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual(declared.sort())
    expect(declared.length).toBeGreaterThan(40)
  })

  test('is whole: what it refers to is there, and every operation says what OpenAPI asks for', () => {
    expect(document).toMatchObject({ openapi: '3.1.1', info: { title: 'Kontor' }, servers: [{ url: '/api/v1' }] })
    const references = listReferences(document)
    expect(references.length).toBeGreaterThan(20)
    for (const reference of references) {
      const [, section, name = ''] = /^#\/components\/(\w+)\/(\w+)$/.exec(reference) ?? []
      expect(section, reference).toBe('schemas')
      expect(document.components.schemas, reference).toHaveProperty(name)
    }
    const operations = listOperations()
    for (const { path, operation } of operations) {
      expect(operation.summary).not.toBe('')
      expect(operation['x-kontor-access']).not.toBe('')
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true)
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const described = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect(described).toEqual(named)
      for (const parameter of operation.parameters) expect(parameter.required || parameter.in === 'query').toBe(true)
      const schemes = operation.security.flatMap(Object.keys)
      expect(Object.keys(document.components.securitySchemes)).toEqual(expect.arrayContaining(schemes))
    }
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('says what is in every answer that has content', () => {
    const withoutResult = listOperations().filter(({ operation }) => {
      const success = operation.responses['200'] ?? operation.responses['201']
      return success !== undefined && success.content === undefined
    })
    expect(withoutResult.map(({ path }) => path)).toEqual([])
  })

  test('says which fields may be left out', () => {
    const changes = document.components.schemas['RepositoryChanges']
    expect(changes).toMatchObject({ type: 'object', additionalProperties: false })
    expect(changes?.required).toBeUndefined()
  })

  test('tells errors as they are', async () => {
    const { body, headers } = await server.anonymous.get('/api/v1/users').expect(401)
    expect(headers['content-type']).toContain('application/problem+json')
    expect(toChecker({ $ref: '#/components/schemas/Problem' }).safeParse(body).error).toBeUndefined()
  })

  test('tells what the administrator is answered, whatever is asked for', async () => {
    const asked = []
    for (const { method, path, operation } of listOperations()) {
      const schema = operation.responses['200']?.content?.['application/json']?.schema
      if (method !== 'get' || schema === undefined) continue
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? values[path] ?? '0')
      const { status, body } = await server.admin.get(`/api/v1${filled}`)
      expect(status, path).toBe(200)
      expect(toChecker(schema).safeParse(body).error, path).toBeUndefined()
      if (Array.isArray(body.items)) expect(body.items.length, `items of ${path}`).toBeGreaterThan(0)
      asked.push(path)
    }
    expect(asked).toEqual(expect.arrayContaining(['/users', '/user', '/organizations/{org}/robots/{robot}']))
    expect(asked.length).toBeGreaterThan(18)
  })
})

describe('the reference page', () => {
  test('shows every operation and every schema, each with an address of its own', async () => {
    const { text, headers } = await server.anonymous.get('/api').expect(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { operation } of listOperations()) expect(ids).toContain(operation.operationId)
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`)
    for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
    expect(text).toContain(`curl -u alice ${server.url}/api/v1/user`)
  })

  test('allows a browser nothing but its own style', async () => {
    const { text, headers } = await server.anonymous.get('/api').expect(200)
    const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(headers['content-security-policy']).toContain(`default-src 'none'; style-src 'sha256-${hash}';`)
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(text).not.toMatch(/<script|<link|<img| style=| on\w+=/)
  })

  test('S54: puts no host of a client’s making into the page', async () => {
    const { text } = await server.anonymous.get('/api').set('Host', '"><script>alert(1)</script>').expect(200)
    expect(text).not.toContain('<script')
    expect(text).toContain(`curl -u alice ${server.url}/api/v1/user`)
  })
})
