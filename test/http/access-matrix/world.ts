import { basic, type Client, openTestServer, pushImage, type TestServer } from '../../support/server.ts'

/**
 * A registry with one of each: organizations, roles, teams, robots and tokens, and repositories to try them on. `acme`
 * gives its members `pull` on everything, `beta` gives them nothing but what its teams are granted.
 */
export interface World {
  readonly server: TestServer
  /** The `Authorization` header of each subject; undefined for whoever sends none. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Brought about after tokens were made: the disabled user and the removed member. */
  readonly jwtOfRemovedMember: string
}

const TEAM_PERMISSIONS = ['pull', 'push', 'maintain', 'admin'] as const

export async function openWorld(): Promise<World> {
  let time = Date.now()
  const server = await openTestServer({ overrides: { now: () => time } })
  const { admin } = server
  const users: Record<string, Client> = {}
  const names = ['stranger', 'olga', 'mona', 'mia', 'audrey', 'ivan', 'dora', 'remy', 'collin']
  for (const name of [...names, ...TEAM_PERMISSIONS.map((permission) => `team-${permission}`)]) {
    users[name] = await server.createUser(name)
  }
  const olga = clientOf(users, 'olga')
  await admin.patch('/api/v1/users/ivan').send({ role: 'auditor' }).expect(200)
  for (const name of ['acme', 'beta', 'gamma']) {
    await olga.post('/api/v1/organizations').send({ name }).expect(201)
  }
  await olga.patch('/api/v1/organizations/beta').send({ basePermission: 'none' }).expect(200)
  for (const [user, role] of [
    ['mona', 'manager'],
    ['mia', 'member'],
    ['audrey', 'auditor'],
    ['dora', 'owner'],
    ['remy', 'owner'],
  ] as const) {
    for (const organization of ['acme', 'beta']) {
      await olga.put(`/api/v1/organizations/${organization}/members/${user}`).send({ role }).expect(201)
    }
  }
  for (const permission of TEAM_PERMISSIONS) await addTeam(olga, permission)
  await grant(olga, { type: 'user', name: 'collin' }, 'beta/*', 'push')
  // Whatever else an auditor is given does not count.
  await grant(olga, { type: 'user', name: 'audrey' }, 'beta/**', 'admin')

  for (const repository of ['acme/private', 'acme/public', 'beta/private', 'beta/old-name', 'beta/deleted']) {
    await pushImage(olga, repository, { tag: 'v1' })
  }
  await olga.patch('/api/v1/repositories/acme%2Fpublic').send({ visibility: 'public' }).expect(200)
  await olga.patch('/api/v1/repositories/beta%2Fold-name').send({ name: 'beta/renamed' }).expect(200)
  await olga.delete('/api/v1/repositories/beta%2Fdeleted').expect(204)

  const robots: Record<string, string> = {}
  for (const organization of ['beta', 'gamma']) {
    const scopes = [{ repositories: `${organization}/**`, permission: 'push' }]
    const { body } = await olga
      .post(`/api/v1/organizations/${organization}/robots`)
      .send({ name: 'bot', scopes })
      .expect(201)
    robots[organization] = basic(body.username, body.secret)
  }

  const { body: tokenOfDora } = await clientOf(users, 'dora')
    .post('/api/v1/user/tokens')
    .send({ name: 'test' })
    .expect(201)
  const owners = async (fields: object) => {
    const { body } = await olga
      .post('/api/v1/user/tokens')
      .send({ name: 'test', ...fields })
      .expect(201)
    return { id: body.id as number, header: basic('olga', body.token) }
  }
  const whole = await owners({})
  const pullOnly = await owners({
    scopes: [
      { repositories: 'acme/**', permission: 'pull' },
      { repositories: 'beta/**', permission: 'pull' },
    ],
  })
  const elsewhere = await owners({ scopes: [{ repositories: 'beta/other-*', permission: 'admin' }] })
  const expired = await owners({ expiresAt: new Date(time + 60_000).toISOString() })
  const revoked = await owners({})
  await olga.delete(`/api/v1/user/tokens/${revoked.id}`).expect(204)

  const scope = 'repository:beta/private:pull,push,delete'
  const jwtOfRemovedMember = await server.token(clientOf(users, 'remy'), scope)
  await olga.delete('/api/v1/organizations/acme/members/remy').expect(204)
  await olga.delete('/api/v1/organizations/beta/members/remy').expect(204)
  await admin.patch('/api/v1/users/dora').send({ disabled: true }).expect(200)
  time += 120_000

  const headers: Record<string, string | undefined> = {
    anonymous: undefined,
    admin: basic('admin', 'correct horse battery'),
  }
  for (const name of Object.keys(users)) headers[name] = basic(name, `password of ${name}`)
  // By token, for a password that is wrong too often is not even heard any more.
  headers['dora'] = basic('dora', tokenOfDora.token)
  return {
    server,
    jwtOfRemovedMember,
    headers: {
      ...headers,
      'robot of beta': robots['beta'],
      'robot of gamma': robots['gamma'],
      'an owner’s whole token': whole.header,
      'an owner’s token to pull': pullOnly.header,
      'an owner’s token for other repositories': elsewhere.header,
      'an expired token': expired.header,
      'a revoked token': revoked.header,
    },
  }
}

async function addTeam(olga: Client, permission: string): Promise<void> {
  const name = `team-${permission}`
  await olga.put(`/api/v1/organizations/beta/members/${name}`).send({ role: 'member' }).expect(201)
  await olga.post('/api/v1/organizations/beta/teams').send({ name }).expect(201)
  await olga.put(`/api/v1/organizations/beta/teams/${name}/members/${name}`).expect(204)
  await grant(olga, { type: 'team', name }, 'beta/**', permission)
}

async function grant(olga: Client, subject: object, repositories: string, permission: string): Promise<void> {
  await olga.post('/api/v1/organizations/beta/grants').send({ subject, repositories, permission }).expect(201)
}

function clientOf(users: Readonly<Record<string, Client>>, name: string): Client {
  const client = users[name]
  if (client === undefined) throw new Error(`there is no user ${name}`)
  return client
}
