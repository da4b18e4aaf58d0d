import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, type Client, openTestServer, pushImage, type TestServer } from '../support/server.ts'
import { type Answer, comparable, send } from './access-matrix/requests.ts'

let server: TestServer
/** Whose things are private. */
let olga: Client
/** Credentials of those who have no rights on any of it. */
let strangers: Readonly<Record<string, string | undefined>>

beforeAll(async () => {
  server = await openTestServer()
  olga = await server.createUser('olga')
  await server.createUser('stranger')
  const stranger = basic('stranger', 'password of stranger')
  await olga.post('/api/v1/organizations').send({ name: 'beta' }).expect(201)
  await olga.post('/api/v1/organizations/beta/teams').send({ name: 'blues' }).expect(201)
  await pushImage(olga, 'beta/private', { tag: 'v1' })
  await pushImage(olga, 'olga/private', { tag: 'v1' })
  await server.as(stranger).post('/api/v1/organizations').send({ name: 'gamma' }).expect(201)
  const scopes = [{ repositories: 'gamma/**', permission: 'push' }]
  const robots = '/api/v1/organizations/gamma/robots'
  const { body } = await server.as(stranger).post(robots).send({ name: 'bot', scopes }).expect(201)
  strangers = {
    anonymous: undefined,
    stranger,
    'a robot of another organization': basic(body.username, body.secret),
    'a token for something else': await server.token(server.as(stranger), 'repository:gamma/app:pull'),
  }
})
afterAll(() => server.close())

function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  return send(server.url, { method, path, headers, body })
}

/** Expects the same answer, to the letter, for what is there and for what is not. */
async function expectAlike(asked: {
  readonly method?: string
  readonly pathOf: (name: string) => string
  readonly headersOf?: (name: string) => Record<string, string>
  readonly bodyOf?: (name: string) => string
  readonly present: string
  readonly absent: string
}): Promise<Answer> {
  const { method = 'GET', pathOf, headersOf = () => ({}), bodyOf = () => undefined, present, absent } = asked
  const there = await ask(method, pathOf(present), headersOf(present), bodyOf(present))
  const missing = await ask(method, pathOf(absent), headersOf(absent), bodyOf(absent))
  expect(comparable(there, present), `${method} ${pathOf(present)}`).toEqual(comparable(missing, absent))
  return there
}

const REPOSITORIES = [
  ['beta/private', 'beta/absent'],
  ['beta/private', 'somebody/absent'],
  ['olga/private', 'olga/absent'],
] as const

describe.each(['anonymous', 'stranger', 'a robot of another organization', 'a token for something else'])(
  'S26: to %s',
  (who) => {
    const headersOf = (): Record<string, string> => {
      const authorization = strangers[who]
      return authorization === undefined ? {} : { authorization }
    }

    test.each(REPOSITORIES)(
      'tags of %s are as unknown as those of %s, and nothing is told by where a list begins',
      async (present, absent) => {
        for (const path of ['tags/list', 'tags/list?n=1', 'tags/list?last=v0']) {
          const { status } = await expectAlike({ pathOf: (name) => `/v2/${name}/${path}`, headersOf, present, absent })
          expect(status).toBe(401)
        }
        for (const list of ['/v2/_catalog?n=5&last=', '/api/v1/repositories?limit=5&after=']) {
          const { text } = await expectAlike({
            pathOf: (name) => `${list}${encodeURIComponent(name)}`,
            headersOf,
            present,
            absent,
          })
          expect(text).not.toMatch(/private/)
        }
      },
    )

    test('lists of repositories and organizations hold nothing of what is private to others', async () => {
      for (const path of ['/v2/_catalog', '/api/v1/repositories', '/api/v1/organizations']) {
        const before = await ask('GET', path, headersOf())
        expect(before.text, path).not.toMatch(/beta|olga/)
        await pushImage(olga, `beta/one-more-${before.text.length}-${who.length}`)
        const after = await ask('GET', path, headersOf())
        expect(comparable(after, 'beta'), path).toEqual(comparable(before, 'beta'))
      }
    })

    test.each(REPOSITORIES)('a token for %s is as empty as one for %s', async (present, absent) => {
      const granted: unknown[] = []
      for (const name of [present, absent]) {
        const answer = await ask('GET', `/token?service=x&scope=repository:${name}:pull,push,delete`, headersOf())
        if (answer.status === 401) return expect(who).toBe('a token for something else')
        const { token, access_token, issued_at, ...rest } = JSON.parse(answer.text)
        const [, claims = ''] = String(token).split('.')
        granted.push({
          rest,
          access: JSON.parse(Buffer.from(claims, 'base64url').toString()).access,
          length: token.length,
        })
        expect(access_token).toBe(token)
        expect(issued_at).toMatch(/^\d{4}-/)
      }
      expect(granted[0]).toEqual(granted[1])
      expect(granted[0]).toMatchObject({ access: [] })
    })

    test('a user and an organization are as unknown as those that are not there', async () => {
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        for (const [present, absent] of [
          ['olga', 'somebody'],
          ['admin', 'somebody'],
          ['beta', 'somebody'],
        ] as const) {
          await expectAlike({ method, pathOf: (name) => `/api/v1/users/${name}`, headersOf, present, absent })
        }
        for (const [present, absent] of [
          ['beta', 'absent'],
          ['olga', 'absent'],
        ] as const) {
          await expectAlike({ method, pathOf: (name) => `/api/v1/organizations/${name}`, headersOf, present, absent })
        }
        const path = (name: string) => `/api/v1/organizations/beta/teams/${name}`
        await expectAlike({ method, pathOf: path, headersOf, present: 'blues', absent: 'greens' })
      }
    })

    test('where people cannot sign up, whether a name is taken is not told', async () => {
      const { status, text } = await expectAlike({
        method: 'POST',
        pathOf: () => '/api/v1/users',
        headersOf: () => ({ ...headersOf(), 'content-type': 'application/json' }),
        bodyOf: (username) => JSON.stringify({ username, password: 'some password' }),
        present: 'olga',
        absent: 'somebody',
      })
      expect([401, 403]).toContain(status)
      expect(text).not.toContain('NAME_TAKEN')
    })
  },
)

describe('S26: a wrong password', () => {
  const doors: readonly [string, (username: string) => Parameters<typeof ask>][] = [
    ['on the wire', (username) => ['GET', '/v2/', { authorization: basic(username, 'wrong') }]],
    ['on the API', (username) => ['GET', '/api/v1/user', { authorization: basic(username, 'wrong') }]],
    ['for a token', (username) => ['GET', '/token?service=x', { authorization: basic(username, 'wrong') }]],
    [
      'in a form for a token',
      (username) => [
        'POST',
        '/token',
        { 'content-type': 'application/x-www-form-urlencoded' },
        `grant_type=password&username=${username}&password=wrong`,
      ],
    ],
  ]

  test.each(doors)('%s does not tell whether there is such a user, robot or organization', async (_, requestFor) => {
    for (const [present, absent] of [
      ['olga', 'somebody'],
      ['beta', 'somebody'],
      ['gamma+bot', 'gamma+not'],
    ] as const) {
      const there = await ask(...requestFor(present))
      const missing = await ask(...requestFor(absent))
      expect(there.status).toBe(401)
      expect(comparable(there, present)).toEqual(comparable(missing, absent))
    }
  })
})

test('S26: an invitation that is used up, withdrawn or was never made is the same', async () => {
  const create = async () => (await server.admin.post('/api/v1/invitations').send({}).expect(201)).body
  const [used, withdrawn, open] = [await create(), await create(), await create()]
  const accept = (token: string, username: string) =>
    ask(
      'POST',
      '/api/v1/invitations/accept',
      { 'content-type': 'application/json' },
      JSON.stringify({ token, username, password: 'some password' }),
    )
  expect((await accept(used.token, 'invited')).status).toBe(201)
  await server.admin.delete(`/api/v1/invitations/${withdrawn.id}`).expect(204)
  const never = `${open.token.slice(0, -1)}${open.token.endsWith('0') ? '1' : '0'}`
  const answers = []
  // For a name that is taken as well: only an invitation that is good lets one know.
  for (const token of [used.token, withdrawn.token, never]) {
    for (const username of ['olga', 'somebody']) answers.push(comparable(await accept(token, username), token))
    answers.push(comparable(await ask('GET', `/invitation?token=${token}`), token))
  }
  // One answer of the API, and one page.
  expect([...new Set(answers.map(String))]).toHaveLength(2)
})
