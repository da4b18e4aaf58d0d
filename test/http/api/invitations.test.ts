import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic, type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let server: TestServer
let time: number
let olga: Client
let mona: Client
let stranger: Client

beforeAll(async () => {
  time = Date.now()
  server = await openTestServer({ overrides: { now: () => time } })
  olga = await server.createUser('olga')
  mona = await server.createUser('mona')
  stranger = await server.createUser('stranger')
  await olga.post('/api/v1/organizations').send({ name: 'acme' }).expect(201)
  await setRole('mona', 'manager')
  await pushImage(olga, 'acme/app', { tag: 'v1' })
})
afterAll(() => server.close())

function setRole(user: string, role: string) {
  return server.admin.put(`/api/v1/organizations/acme/members/${user}`).send({ role })
}

async function inviteTo(
  client: Client,
  path: string,
  fields: object = {},
): Promise<{ id: number; token: string; link: string }> {
  const { body } = await client.post(`/api/v1${path}`).send(fields).expect(201)
  return body
}

const onto = (fields: object = {}) => inviteTo(server.admin, '/invitations', fields)
const into = (client: Client, fields: object) => inviteTo(client, '/organizations/acme/invitations', fields)

function accept(client: Client, body: object) {
  return client.post('/api/v1/invitations/accept').send(body)
}

let accounts = 0
/** An account that is to be made. */
function newAccount() {
  accounts += 1
  return { username: `invitee-${accounts}`, password: 'a password' }
}

describe('inviting', () => {
  test('onto the registry is for administrators', async () => {
    const { body } = await server.admin.post('/api/v1/invitations').send({ note: 'For Ann' }).expect(201)
    expect(body).toEqual({
      id: expect.any(Number),
      organization: null,
      role: null,
      note: 'For Ann',
      invitedBy: 'admin',
      createdAt: new Date(time).toISOString(),
      expiresAt: new Date(time + 7 * DAY_MS).toISOString(),
      token: expect.stringMatching(/^kontor_inv_[0-9A-Za-z]{46}$/),
      link: `${server.url}/invitation?token=${body.token}`,
    })
    await olga.post('/api/v1/invitations').send({}).expect(403)
    await server.anonymous.post('/api/v1/invitations').send({}).expect(401)
  })

  test('into an organization is for its owners and managers', async () => {
    const { body } = await olga.post('/api/v1/organizations/acme/invitations').send({ role: 'owner' }).expect(201)
    expect(body).toMatchObject({ organization: 'acme', role: 'owner', invitedBy: 'olga' })
    await into(mona, { role: 'member' })
    await stranger.post('/api/v1/organizations/acme/invitations').send({ role: 'member' }).expect(404)
  })

  test.each(['owner', 'auditor'])('as %s is for owners: a manager cannot', async (role) => {
    const { body } = await mona.post('/api/v1/organizations/acme/invitations').send({ role }).expect(403)
    expect(body).toMatchObject({ title: 'DENIED', detail: expect.stringContaining('owners of acme') })
  })

  test.each([-1, 0, 31])('refuses an expiry in %i days', async (days) => {
    const expiresAt = new Date(time + days * DAY_MS).toISOString()
    const { body } = await server.admin.post('/api/v1/invitations').send({ expiresAt }).expect(422)
    expect(body.title).toBe('EXPIRY_INVALID')
  })

  test('S18: refuses what is not for the inviter to say', async () => {
    await server.admin.post('/api/v1/invitations').send({ role: 'admin' }).expect(400)
    await server.admin.post('/api/v1/invitations').send({ organization: 'acme' }).expect(400)
    const chief = { role: 'chief' }
    await olga.post('/api/v1/organizations/acme/invitations').send(chief).expect(400)
  })
})

describe('open invitations', () => {
  test('are listed by where they lead, without their tokens', async () => {
    const [first, second] = [await onto(), await into(olga, { role: 'member' })]
    const ids = async (client: Client, path: string) => {
      const { body } = await client.get(`/api/v1${path}`).expect(200)
      expect(JSON.stringify(body)).not.toContain('kontor_inv_')
      return body.items.map(({ id }: { id: number }) => id)
    }
    expect(await ids(server.admin, '/invitations')).toContain(first.id)
    expect(await ids(server.admin, '/invitations')).not.toContain(second.id)
    expect(await ids(mona, '/organizations/acme/invitations')).toContain(second.id)
    expect(await ids(mona, '/organizations/acme/invitations')).not.toContain(first.id)
    await olga.get('/api/v1/invitations').expect(403)
  })

  test('can be withdrawn, where they belong and by whoever may invite', async () => {
    const [first, second] = [await onto(), await into(olga, { role: 'member' })]
    await server.admin.delete(`/api/v1/invitations/${second.id}`).expect(404)
    await olga.delete(`/api/v1/organizations/acme/invitations/${first.id}`).expect(404)
    await olga.delete('/api/v1/organizations/acme/invitations/first').expect(404)
    await server.admin.delete(`/api/v1/invitations/${first.id}`).expect(204)
    await mona.delete(`/api/v1/organizations/acme/invitations/${second.id}`).expect(204)
    for (const { token } of [first, second]) await accept(server.anonymous, { token, ...newAccount() }).expect(404)
  })
})

describe('accepting', () => {
  test('without an account makes one', async () => {
    const { token } = await onto()
    const account = newAccount()
    const { body } = await accept(server.anonymous, { token, ...account, email: 'ann@example.com' }).expect(201)
    expect(body).toMatchObject({
      user: { username: account.username, email: 'ann@example.com', role: 'none' },
      organization: null,
      role: null,
    })
    await server.as(basic(account.username, account.password)).get('/api/v1/user').expect(200)
  })

  test('into an organization makes the account and the member', async () => {
    const { token } = await into(olga, { role: 'member' })
    const account = newAccount()
    const { body } = await accept(server.anonymous, { token, ...account }).expect(201)
    expect(body).toMatchObject({ organization: 'acme', role: 'member' })
    const member = server.as(basic(account.username, account.password))
    await member.get('/v2/acme/app/manifests/v1').expect(200)
  })

  test('as a user joins as that user', async () => {
    const ann = await server.createUser('ann')
    const { token } = await into(mona, { role: 'manager' })
    await accept(ann, { token, ...newAccount() }).expect(400)
    const { body } = await accept(ann, { token }).expect(200)
    expect(body).toMatchObject({ user: { username: 'ann' }, organization: 'acme', role: 'manager' })
    const { body: shown } = await olga.get('/api/v1/organizations/acme/members/ann').expect(200)
    expect(shown.role).toBe('manager')
  })

  test('works once', async () => {
    const { token } = await onto()
    await accept(server.anonymous, { token, ...newAccount() }).expect(201)
    const { body } = await accept(server.anonymous, { token, ...newAccount() }).expect(404)
    expect(body.detail).toMatch(/ask for a new one/)
  })

  test('works until it expires', async () => {
    const { token } = await onto({ expiresAt: new Date(time + DAY_MS).toISOString() })
    const before = time
    time += DAY_MS
    await accept(server.anonymous, { token, ...newAccount() }).expect(404)
    time = before
    await accept(server.anonymous, { token, ...newAccount() }).expect(201)
  })

  test('leaves the invitation to somebody else when it brings nothing', async () => {
    const { token } = await into(olga, { role: 'owner' })
    const member = await accept(mona, { token }).expect(409)
    expect(member.body.title).toBe('ALREADY_MEMBER')
    const taken = await accept(server.anonymous, { token, ...newAccount(), username: 'olga' }).expect(409)
    expect(taken.body.title).toBe('NAME_TAKEN')
    const { token: ontoRegistry } = await onto()
    await accept(mona, { token: ontoRegistry }).expect(409)
    for (const left of [token, ontoRegistry]) {
      await accept(server.anonymous, { token: left, ...newAccount() }).expect(201)
    }
  })

  test('takes a name and a password, or all rights of a user', async () => {
    const { token } = await into(olga, { role: 'member' })
    await accept(server.anonymous, { token }).expect(400)
    await accept(server.anonymous, { token, username: 'half' }).expect(400)
    await accept(server.anonymous, { token, ...newAccount(), username: 'library' }).expect(400)
    await accept(server.anonymous, { token, ...newAccount(), role: 'owner' }).expect(400)
    const scopes = [{ repositories: 'stranger/*', permission: 'pull' }]
    const { body } = await stranger.post('/api/v1/user/tokens').send({ name: 'scoped', scopes }).expect(201)
    await accept(server.as(basic('stranger', body.token)), { token }).expect(403)
  })

  test('does not work for any other secret, or a mistyped one', async () => {
    // A server of its own: there are only so many wrong tries.
    const own = await openTestServer()
    onTestFinished(() => own.close())
    const { token } = await inviteTo(own.admin, '/invitations')
    const { body } = await own.admin.post('/api/v1/user/tokens').send({ name: 'other' }).expect(201)
    for (const wrong of [body.token, `${token.slice(0, -1)}!`, token.toLowerCase(), '']) {
      await accept(own.anonymous, { token: wrong, ...newAccount() }).expect(404)
    }
  })
})

describe('an invitation is void when its inviter could not make it any more (I7)', () => {
  async function open(): Promise<TestServer & { organizationOf(owner: string): Promise<Client> }> {
    const own = await openTestServer()
    onTestFinished(() => own.close())
    return {
      ...own,
      async organizationOf(owner) {
        const client = await own.createUser(owner)
        await own.admin.post('/api/v1/organizations').send({ name: 'beta' }).expect(201)
        await own.admin.put(`/api/v1/organizations/beta/members/${owner}`).send({ role: 'owner' })
        return client
      },
    }
  }

  test.each([
    ['disabled', '/users/inviter', { disabled: true }, { disabled: false }],
    ['no administrator any more', '/users/inviter', { role: 'none' }, { role: 'admin' }],
  ])('one onto the registry: %s', async (_, path, taken, given) => {
    const { admin, anonymous, createUser } = await open()
    const inviter = await createUser('inviter')
    await admin.patch('/api/v1/users/inviter').send({ role: 'admin' }).expect(200)
    const { token } = await inviteTo(inviter, '/invitations')
    await admin.patch(`/api/v1${path}`).send(taken).expect(200)
    await accept(anonymous, { token, ...newAccount() }).expect(404)
    await anonymous.get('/invitation').query({ token }).expect(404)
    await admin.patch(`/api/v1${path}`).send(given).expect(200)
    await anonymous.get('/invitation').query({ token }).expect(200)
    await accept(anonymous, { token, ...newAccount() }).expect(201)
  })

  test('one into an organization: whoever manages cannot give what owners give', async () => {
    const own = await open()
    const inviter = await own.organizationOf('inviter')
    await own.admin.put('/api/v1/organizations/beta/members/admin').send({ role: 'owner' })
    const asOwner = await inviteTo(inviter, '/organizations/beta/invitations', { role: 'owner' })
    const asMember = await inviteTo(inviter, '/organizations/beta/invitations', { role: 'member' })
    await own.admin.put('/api/v1/organizations/beta/members/inviter').send({ role: 'manager' }).expect(200)
    await accept(own.anonymous, { token: asOwner.token, ...newAccount() }).expect(404)
    await accept(own.anonymous, { token: asMember.token, ...newAccount() }).expect(201)
  })

  test('one into an organization: the inviter has left it', async () => {
    const own = await open()
    const inviter = await own.organizationOf('inviter')
    await own.admin.put('/api/v1/organizations/beta/members/admin').send({ role: 'owner' })
    const { token } = await inviteTo(inviter, '/organizations/beta/invitations', { role: 'member' })
    await own.admin.delete('/api/v1/organizations/beta/members/inviter').expect(204)
    await accept(own.anonymous, { token, ...newAccount() }).expect(404)
  })

  test('one by a user who is gone', async () => {
    const own = await open()
    const inviter = await own.organizationOf('inviter')
    await own.admin.put('/api/v1/organizations/beta/members/admin').send({ role: 'owner' })
    const { token } = await inviteTo(inviter, '/organizations/beta/invitations', { role: 'member' })
    await own.admin.delete('/api/v1/users/inviter').expect(204)
    await accept(own.anonymous, { token, ...newAccount() }).expect(404)
  })
})

test('S47: wrong invitations are heard ten times an hour from one address; right ones always', async () => {
  const own = await openTestServer()
  onTestFinished(() => own.close())
  const { token } = await inviteTo(own.admin, '/invitations')
  for (let count = 0; count < 10; count++) await accept(own.anonymous, { token: 'x', ...newAccount() }).expect(404)
  const refused = await accept(own.anonymous, { token: 'x', ...newAccount() }).expect(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500)
  await accept(own.anonymous, { token, ...newAccount() }).expect(201)
})

describe('the page behind the link', () => {
  test('says what the invitation is for and how to accept it', async () => {
    const { token, link } = await into(olga, { role: 'member', note: 'Welcome, Ann' })
    const { pathname, search } = new URL(link)
    const { text, headers } = await server.anonymous.get(pathname + search).expect(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['cache-control']).toBe('no-store')
    expect(text).toContain('olga offers you a place in the organization acme, as member')
    expect(text).toContain('Welcome, Ann')
    expect(text).toContain(`${server.url}/api/v1/invitations/accept`)
    expect(text).toContain(token)
    expect(text).not.toContain('<script')
  })

  test('its command works as it stands there', async () => {
    const { link } = await onto()
    const { text } = await server.anonymous.get(link.slice(server.url.length)).expect(200)
    const command = /<code>(.*?)<\/code>/s.exec(text)?.[1]?.replaceAll('&#39;', "'").replaceAll('&quot;', '"') ?? ''
    const [, body = '', url = ''] = /--data '([^']*)' \\\n {2}'([^']*)'$/.exec(command) ?? []
    const { username, password } = newAccount()
    const filled = body.replace('NAME', username).replace('PASSWORD', password)
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body: filled })
    expect(answer.status).toBe(201)
  })

  test('shows what people wrote as text', async () => {
    const { link } = await onto({ note: `<img src=x onerror="alert('1')"> & more` })
    const { text } = await server.anonymous.get(link.slice(server.url.length)).expect(200)
    expect(text).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more')
    expect(text).not.toContain('<img')
  })

  test('says so when there is nothing to accept, whatever is asked', async () => {
    for (const query of ['', '?token=', '?token=kontor_inv_x', '?token=a&token=b', '?token[x]=y']) {
      const { text, headers } = await server.anonymous.get(`/invitation${query}`).expect(404)
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(text).toContain('Ask for a new one')
    }
  })
})
