/** The organization in whose namespace everything is pushed. */
export const ORGANIZATION = 'bench'
/** The organization that has very many repositories; its member sees nothing else. */
export const CROWDED_ORGANIZATION = 'crowd'

/** Who logs in with a password. */
export interface Login {
  readonly username: string
  readonly password: string
}

/**
 * People in a Kontor under measurement. The load comes from a member as most are: one who may push by the
 * organization's base permission and delete by a grant, so that every right has to be looked up.
 */
export interface KontorAccounts {
  /** A bearer token for some scopes, of the member of one of the two organizations. */
  authorize(scopes: readonly string[], organization?: string): Promise<string>
  /** A member's own password and a new access token, as `Authorization` headers for the token endpoint. */
  logins(): Promise<{ readonly password: string; readonly accessToken: string }>
  /** Creates a user whose password was never checked. */
  createUser(): Promise<Login>
  makePublic(repository: string): Promise<void>
}

/** @param server where to find it, and its administrator. */
export function createKontorAccounts(server: Login & { readonly url: string }): KontorAccounts {
  const admin = basicHeader(server)
  const members = new Map<string, Promise<Login>>()
  let users = 0

  async function call(method: string, path: string, body: unknown, authorization = admin): Promise<unknown> {
    const headers = { authorization, 'content-type': 'application/json' }
    const response = await fetch(`${server.url}${path}`, { method, headers, body: JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
    return JSON.parse(text)
  }

  async function createUser(username: string): Promise<Login> {
    const login = { username, password: `the password of ${username}` }
    await call('POST', '/api/v1/users', login)
    return login
  }

  async function createMember(organization: string): Promise<Login> {
    await call('POST', '/api/v1/organizations', { name: organization })
    await call('PATCH', `/api/v1/organizations/${organization}`, { basePermission: 'push' })
    const login = await createUser(`member-of-${organization}`)
    await call('PUT', `/api/v1/organizations/${organization}/members/${login.username}`, { role: 'member' })
    const subject = { type: 'user', name: login.username }
    const grant = { subject, repositories: `${organization}/**`, permission: 'maintain' }
    await call('POST', `/api/v1/organizations/${organization}/grants`, grant)
    return login
  }

  function memberOf(organization: string): Promise<Login> {
    const known = members.get(organization) ?? createMember(organization)
    members.set(organization, known)
    return known
  }

  return {
    async authorize(scopes, organization = ORGANIZATION) {
      const query = new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]))
      const headers = { authorization: basicHeader(await memberOf(organization)) }
      const response = await fetch(`${server.url}/token?${query}`, { headers })
      const answer: unknown = await response.json()
      return `Bearer ${readText(answer, 'token')}`
    },
    async logins() {
      const { username, password } = await memberOf(ORGANIZATION)
      const authorization = basicHeader({ username, password })
      const created = await call('POST', '/api/v1/user/tokens', { name: `bench ${users++}` }, authorization)
      return { password: authorization, accessToken: basicHeader({ username, password: readText(created, 'token') }) }
    },
    createUser: () => createUser(`user-${users++}`),
    async makePublic(repository) {
      await call('PATCH', `/api/v1/repositories/${encodeURIComponent(repository)}`, { visibility: 'public' })
    },
  }
}

/** The `Authorization` header for a password, or for a secret in its place. */
export function basicHeader({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function readText(answer: unknown, field: string): string {
  const value: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, field) : undefined
  if (typeof value !== 'string') throw new Error(`an answer has no ${field}: ${JSON.stringify(answer)}`)
  return value
}
