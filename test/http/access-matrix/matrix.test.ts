import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { includesPermission, type Permission } from '../../../oci/permission.ts'
import type { DeclaredRoute } from '../../../server/declared-routes.ts'
import { digestOf } from '../../support/server.ts'
import {
  type MatrixRepository,
  NARROWED,
  ON_BETA,
  ON_INSTANCE,
  ON_MIA,
  ON_REPOSITORIES,
  PRESENT,
  RAISED_FIELDS,
  REFUSED_SUBJECTS,
  REPOSITORIES,
} from './expectations.ts'
import { type Answer, comparable, isFromBehindTheRule, requestOf, send } from './requests.ts'
import { storedState } from './stored-state.ts'
import { openWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.server.close())

const SUBJECTS = Object.keys(ON_REPOSITORIES)
const BETA = { repository: 'beta/private', organization: 'beta' }

function ask(
  route: DeclaredRoute,
  subject: string,
  object: Partial<typeof BETA> = {},
  field?: string,
): Promise<Answer> {
  return send(world.server.url, requestOf(route, { ...BETA, ...object }, headerOf(subject), field))
}

function headerOf(subject: string): string | undefined {
  if (!(subject in world.headers)) throw new Error(`there is no subject ${subject}`)
  return world.headers[subject]
}

function nameOf({ method, path }: DeclaredRoute): string {
  return `${method.toUpperCase()} ${path}`
}

function raisedFieldsOf({ method, path }: DeclaredRoute): Readonly<Record<string, Permission>> {
  return RAISED_FIELDS[`${method} ${path}`] ?? {}
}

function holds(most: Permission | undefined, needed: Permission): boolean {
  return most !== undefined && includesPermission(most, needed)
}

/** The routes of a door whose rule is of a kind. */
function routesOf(door: DeclaredRoute['door'], kind: string): DeclaredRoute[] {
  return world.server.routes.filter((route) => route.door === door && route.access.kind === kind)
}

/** Collects what is wrong, so that one run shows the whole of it and not the first cell. */
async function expectCells(
  cells: readonly { readonly what: string; readonly see: () => Promise<string>; readonly expected: string }[],
): Promise<void> {
  expect(cells.length).toBeGreaterThan(0)
  const wrong: string[] = []
  for (const { what, see, expected } of cells) {
    const seen = await see()
    if (seen !== expected) wrong.push(`${what}: expected ${expected}, saw ${seen}`)
  }
  expect(wrong).toEqual([])
}

test('I6, M1: every route declares a rule, of a kind that the matrix tries', () => {
  const tried: Readonly<Record<DeclaredRoute['door'], readonly string[]>> = {
    distribution: ['authenticated', 'catalog', 'repository'],
    api: ['public', 'authenticated', 'user', 'instance', 'account', 'organization', 'repository', 'push'],
    page: ['public', 'instance'],
    token: ['public'],
  }
  expect(world.server.routes.length).toBeGreaterThan(60)
  for (const route of world.server.routes) {
    expect(tried[route.door], nameOf(route)).toContain(route.access.kind)
    const raised = 'fields' in route.access ? route.access.fields : undefined
    expect(raised ?? {}, nameOf(route)).toEqual(raisedFieldsOf(route))
  }
})

describe('S01: the wire', () => {
  const seeOn = async (route: DeclaredRoute, subject: string, repository: MatrixRepository) =>
    (await ask(route, subject, { repository })).status === 401 ? 'refused' : 'admitted'

  test.each(REPOSITORIES)('on %s', async (repository) => {
    const cells = SUBJECTS.flatMap((subject) =>
      routesOf('distribution', 'repository').map((route) => {
        const needed = 'permission' in route.access ? route.access.permission : 'admin'
        const isAdmitted =
          holds(ON_REPOSITORIES[subject]?.[repository], needed) || (needed === 'pull' && repository === 'acme/public')
        return {
          what: `${subject}: ${nameOf(route)}`,
          see: () => seeOn(route, subject, repository),
          expected: isAdmitted ? 'admitted' : 'refused',
        }
      }),
    )
    await expectCells(cells)
  })

  test('by tokens for every action, which carry no more than their holder has (S02)', async () => {
    const cells = []
    for (const subject of SUBJECTS) {
      for (const repository of ['beta/private', 'beta/absent', 'acme/public'] as const) {
        const header = headerOf(subject)
        const path = `/token?service=x&scope=repository:${repository}:pull,push,delete`
        const headers: Record<string, string> = header === undefined ? {} : { authorization: header }
        const { text } = await send(world.server.url, { method: 'GET', path, headers, body: undefined })
        const authorization = `Bearer ${JSON.parse(text).token}`
        for (const route of routesOf('distribution', 'repository')) {
          const needed = 'permission' in route.access ? route.access.permission : 'admin'
          const isAdmitted = holds(ON_REPOSITORIES[subject]?.[repository], needed)
          cells.push({
            what: `${subject} by token on ${repository}: ${nameOf(route)}`,
            async see() {
              const object = { ...BETA, repository }
              const { status } = await send(world.server.url, requestOf(route, object, authorization))
              return status === 401 ? 'refused' : 'admitted'
            },
            expected: isAdmitted ? 'admitted' : 'refused',
          })
        }
      }
    }
    await expectCells(cells)
  })

  test('S08: a token made before its holder was removed is worth nothing', async () => {
    for (const route of routesOf('distribution', 'repository')) {
      const answer = await send(world.server.url, requestOf(route, BETA, world.jwtOfRemovedMember))
      expect(answer.status, nameOf(route)).toBe(401)
    }
  })
})

describe('the API', () => {
  const seenFrom = (answer: Answer): string =>
    isFromBehindTheRule(answer) ? 'admitted' : answer.status < 500 ? String(answer.status) : `fault ${answer.status}`

  /** What is seen of a route that takes a permission on a repository, and may be for users with all rights only. */
  const expectedOn = (subject: string, repository: MatrixRepository, needed: Permission, by: 'user' | undefined) => {
    const most = ON_REPOSITORIES[subject]?.[repository]
    if (!PRESENT.has(repository) || most === undefined) return '404'
    const isFit = by === undefined || (subject !== 'anonymous' && !NARROWED.has(subject))
    return holds(most, needed) && isFit ? 'admitted' : subject === 'anonymous' ? '401' : '403'
  }

  test.each(REPOSITORIES)('on %s', async (repository) => {
    const cells = SUBJECTS.flatMap((subject) =>
      routesOf('api', 'repository').map((route) => {
        const [needed, by] =
          'permission' in route.access && route.access.kind === 'repository'
            ? [route.access.permission, 'by' in route.access ? route.access.by : undefined]
            : (['admin', undefined] as const)
        return {
          what: `${subject}: ${nameOf(route)}`,
          see: async () => seenFrom(await ask(route, subject, { repository })),
          expected: expectedOn(subject, repository, needed, by),
        }
      }),
    )
    await expectCells(cells)
  })

  test.each(REPOSITORIES)('on %s, with what takes more than the rest of a change', async (repository) => {
    const cells = SUBJECTS.flatMap((subject) =>
      routesOf('api', 'repository').flatMap((route) =>
        Object.entries(raisedFieldsOf(route)).map(([field, needed]) => ({
          what: `${subject}: ${nameOf(route)} with ${field}`,
          see: async () => seenFrom(await ask(route, subject, { repository }, field)),
          expected: expectedOn(subject, repository, needed, undefined),
        })),
      ),
    )
    await expectCells(cells)
  })

  test.each(REPOSITORIES)('by pushes to %s, which make what is absent', async (repository) => {
    const cells = SUBJECTS.flatMap((subject) =>
      routesOf('api', 'push').flatMap((route) => {
        const most = ON_REPOSITORIES[subject]?.[repository]
        const isNamedLate = 'named' in route.access
        const isHidden = most === undefined || !PRESENT.has(repository)
        // What the body would name is not even read of those who have not logged in.
        const below = subject !== 'anonymous' ? (isHidden ? '404' : '403') : isHidden && !isNamedLate ? '404' : '401'
        const fields = [[undefined, 'push'], ...Object.entries(raisedFieldsOf(route))] as const
        return fields.map(([field, needed]) => ({
          what: `${subject}: ${nameOf(route)}${field === undefined ? '' : ` with ${field}`}`,
          see: async () => seenFrom(await ask(route, subject, { repository }, field)),
          expected: !holds(most, 'push') ? below : holds(most, needed) ? 'admitted' : '403',
        }))
      }),
    )
    await expectCells(cells)
  })

  test.each(['beta', 'absent'])('on the organization %s', async (organization) => {
    const cells = SUBJECTS.flatMap((subject) =>
      routesOf('api', 'organization').map((route) => {
        const right = route.access.kind === 'organization' ? route.access.right : 'own'
        const held = organization === 'beta' ? (ON_BETA[subject] ?? []) : []
        const hidden = subject === 'anonymous' ? '401' : NARROWED.has(subject) ? '403' : '404'
        return {
          what: `${subject}: ${nameOf(route)}`,
          see: async () => seenFrom(await ask(route, subject, { organization })),
          expected: held.includes(right) ? 'admitted' : held.includes('view') ? '403' : hidden,
        }
      }),
    )
    await expectCells(cells)
  })

  test('on users, on the instance, and on oneself', async () => {
    const cells = SUBJECTS.flatMap((subject) =>
      world.server.routes
        .filter((route) => route.door === 'api')
        .flatMap((route) => {
          const refused = subject === 'anonymous' ? '401' : NARROWED.has(subject) ? '403' : undefined
          const person = subject.startsWith('an owner’s') ? 'olga' : subject
          const expectedOf = () => {
            const { access } = route
            if (access.kind === 'public') return 'admitted'
            if (access.kind === 'authenticated') return subject === 'anonymous' ? '401' : 'admitted'
            if (access.kind === 'user') return refused ?? 'admitted'
            if (access.kind === 'instance') {
              return refused ?? (ON_INSTANCE[person]?.includes(access.role) ? 'admitted' : '403')
            }
            if (access.kind === 'account')
              return refused ?? (ON_MIA[person]?.includes(access.access) ? 'admitted' : '404')
            return undefined
          }
          const expected = expectedOf()
          if (expected === undefined) return []
          return [
            { what: `${subject}: ${nameOf(route)}`, see: async () => seenFrom(await ask(route, subject)), expected },
          ]
        }),
    )
    await expectCells(cells)
  })

  test('pages', async () => {
    const cells = SUBJECTS.flatMap((subject) =>
      routesOf('page', 'instance').map((route) => ({
        what: `${subject}: ${nameOf(route)}`,
        see: async () => String((await ask(route, subject)).status),
        expected: subject === 'anonymous' ? '401' : ON_INSTANCE[subject]?.includes('auditor') === true ? '200' : '403',
      })),
    )
    await expectCells(cells)
  })
})

test('credentials that are no good are refused everywhere, even where none are needed', async () => {
  const cells = REFUSED_SUBJECTS.flatMap((subject) =>
    world.server.routes
      .filter(({ door, access }) => door !== 'page' || access.kind !== 'public')
      .filter(({ door, method }) => door !== 'token' || method === 'GET')
      .flatMap((route) =>
        ['acme/public', 'beta/private'].map((repository) => ({
          what: `${subject}: ${nameOf(route)} on ${repository}`,
          see: async () => String((await ask(route, subject, { repository })).status),
          expected: '401',
        })),
      ),
  )
  await expectCells(cells)
})

test('I5, M3: forbidden and absent are the same answer, to the letter', async () => {
  const pairs = [
    ['acme/private', 'acme/absent'],
    ['beta/private', 'beta/absent'],
    ['beta/old-name', 'beta/absent'],
    ['beta/deleted', 'beta/absent'],
    ['beta/private', 'nowhere/absent'],
  ] as const
  let compared = 0
  for (const subject of SUBJECTS) {
    for (const [present, absent] of pairs) {
      if (ON_REPOSITORIES[subject]?.[present] !== undefined) continue
      const routes = [
        ...routesOf('distribution', 'repository'),
        ...routesOf('api', 'repository'),
        ...routesOf('api', 'push'),
      ]
      for (const route of routes) {
        const forbidden = await ask(route, subject, { repository: present })
        const missing = await ask(route, subject, { repository: absent })
        expect(comparable(forbidden, present), `${subject}: ${nameOf(route)} on ${present}`).toEqual(
          comparable(missing, absent),
        )
        compared += 1
      }
    }
  }
  expect(compared).toBeGreaterThan(300)
})

test('M5: what its owner has just read is refused to all others as before, whatever they know of it (S01)', async () => {
  const { url } = world.server
  const owner = headerOf('olga')
  const read = (method: string, path: string, authorization: string | undefined, more: Record<string, string> = {}) =>
    send(url, { method, path, headers: { ...(authorization && { authorization }), ...more }, body: undefined })
  const base = '/v2/beta/private'
  const digest = String((await read('HEAD', `${base}/manifests/v1`, owner)).headers['docker-content-digest'])
  const layer = digestOf('a layer')
  const upload = String((await read('POST', `${base}/blobs/uploads/`, owner)).headers['location'])
  const paths: Readonly<Partial<Record<string, readonly string[]>>> = {
    manifest: [`${base}/manifests/v1`, `${base}/manifests/${digest}`],
    blob: [`${base}/blobs/${layer}`],
    tags: [`${base}/tags/list`],
    referrers: [`${base}/referrers/${digest}`],
    upload: [upload],
    '/repositories/:repository': ['/api/v1/repositories/beta%2Fprivate'],
    '/repositories/:repository/access': ['/api/v1/repositories/beta%2Fprivate/access'],
    '/repositories/:repository/manifests/:reference': ['v1', digest].map(
      (reference) => `/api/v1/repositories/beta%2Fprivate/manifests/${reference}`,
    ),
    '/repositories/:repository/blobs/:digest': [`/api/v1/repositories/beta%2Fprivate/blobs/${layer}`],
    '/repositories/:repository/usage': ['/api/v1/repositories/beta%2Fprivate/usage'],
    '/repositories/:repository/tags': ['/api/v1/repositories/beta%2Fprivate/tags'],
    '/repositories/:repository/tags/:tag': ['/api/v1/repositories/beta%2Fprivate/tags/v1'],
    '/repositories/:repository/tags/:tag/history': ['/api/v1/repositories/beta%2Fprivate/tags/v1/history'],
    '/repositories/:repository/export': ['/api/v1/repositories/beta%2Fprivate/export?ref=v1'],
  }
  const known = [{}, { 'if-none-match': `"${digest}"` }, { 'if-none-match': `"${layer}"` }, { range: 'bytes=0-1' }]
  const strangers = SUBJECTS.filter((subject) => ON_REPOSITORIES[subject]?.['beta/private'] === undefined)
  expect(strangers).toContain('anonymous')
  for (const route of [...routesOf('distribution', 'repository'), ...routesOf('api', 'repository')]) {
    const method = route.method.toUpperCase()
    if (method !== 'GET' && method !== 'HEAD') continue
    const own = paths[route.path]
    if (own === undefined) throw new Error(`the matrix does not know what there is to read at ${nameOf(route)}`)
    for (const path of own) {
      for (const subject of strangers) {
        for (const headers of known) {
          const what = `${subject}: ${method} ${path} with ${JSON.stringify(headers)}`
          const before = await read(method, path, headerOf(subject), headers)
          expect((await read(method, path, owner)).status, what).toBeLessThan(300)
          const after = await read(method, path, headerOf(subject), headers)
          expect([401, 404], what).toContain(after.status)
          expect(comparable(after, 'beta/private'), what).toEqual(comparable(before, 'beta/private'))
        }
      }
    }
  }
})

test('I3, M4, S57: nothing that is only read changes anything', async () => {
  const before = storedState(world.server.dataDir)
  for (const route of world.server.routes) {
    if (!['GET', 'HEAD'].includes(route.method.toUpperCase())) continue
    for (const subject of SUBJECTS) {
      for (const repository of ['beta/private', 'beta/absent', 'acme/public']) await ask(route, subject, { repository })
    }
  }
  expect(storedState(world.server.dataDir)).toEqual(before)
})
