import { type Method, type RegistryAccess, requestRegistry } from './registry-request.ts'

/** What of the registry's own API prepares the ground for what clients then do. Everything throws unless it agrees. */
export interface RegistryApi {
  /** Lets everybody pull from a repository. */
  publish(repository: string): Promise<void>
  /** Says what a repository is for. */
  describe(repository: string, description: string): Promise<void>
  /** Stars a repository as the caller. */
  star(repository: string): Promise<void>
  /** Creates a user who owns nothing but a namespace. */
  createUser(username: string, password: string): Promise<void>
  /** Creates an organization that the caller owns. */
  createOrganization(name: string): Promise<void>
  /** Adds a user to an organization, or changes the role of a member. */
  setMember(organization: string, username: string, role: 'owner' | 'manager' | 'member' | 'auditor'): Promise<void>
  /** Creates a robot and returns what it logs in with. */
  createRobot(organization: string, robot: NewRobot): Promise<{ username: string; secret: string }>
  /** Lets a robot do nothing more. */
  disableRobot(organization: string, name: string): Promise<void>
  /** Creates an access token of the caller. */
  createAccessToken(token: NewAccessToken): Promise<{ id: number; token: string }>
  /** Deletes an access token of the caller. */
  revokeAccessToken(id: number): Promise<void>
  /** The numbers of the caller's refresh tokens, the newest first. */
  refreshTokens(): Promise<number[]>
  /** Deletes a refresh token of the caller. */
  revokeRefreshToken(id: number): Promise<void>
  /** Renames a repository; both names are whole. */
  renameRepository(from: string, to: string): Promise<void>
  /** Renames an organization with everything in it. */
  renameOrganization(from: string, to: string): Promise<void>
}

/** What a robot or an access token may do where. */
export interface Scope {
  /** A name or a pattern. */
  repositories: string
  permission: 'pull' | 'push' | 'maintain' | 'admin'
}

/** A robot to be created. */
export interface NewRobot {
  /** Without the organization. */
  name: string
  /** At least one. */
  scopes: readonly Scope[]
}

/** An access token to be created. */
export interface NewAccessToken {
  /** What it is for. */
  name: string
  /** Absent: all rights of the user. */
  scopes?: readonly Scope[]
  /** RFC 3339. Absent: never. */
  expiresAt?: string
}

/** Makes an API client that acts with the rights of `access`. */
export function createRegistryApi(access: RegistryAccess): RegistryApi {
  const ask = async (method: Method, path: string, json?: unknown): Promise<unknown> => {
    const { status, body } = await requestRegistry(access, { method, path: `/api/v1${path}`, json })
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${body.toString()}`)
    return body.length === 0 ? undefined : JSON.parse(body.toString())
  }
  const send = async (method: Method, path: string, json?: unknown): Promise<void> => {
    await ask(method, path, json)
  }
  const repositoryPath = (repository: string) => `/repositories/${encodeURIComponent(repository)}`

  return {
    publish: (repository) => send('PATCH', repositoryPath(repository), { visibility: 'public' }),
    describe: (repository, description) => send('PATCH', repositoryPath(repository), { description }),
    star: (repository) => send('PUT', `${repositoryPath(repository)}/star`),
    createUser: (username, password) => send('POST', '/users', { username, password }),
    createOrganization: (name) => send('POST', '/organizations', { name }),
    setMember: (organization, username, role) =>
      send('PUT', `/organizations/${organization}/members/${username}`, { role }),
    createRobot: async (organization, robot) =>
      (await ask('POST', `/organizations/${organization}/robots`, robot)) as { username: string; secret: string },
    disableRobot: (organization, name) =>
      send('PATCH', `/organizations/${organization}/robots/${name}`, { disabled: true }),
    createAccessToken: async (token) => (await ask('POST', '/user/tokens', token)) as { id: number; token: string },
    revokeAccessToken: (id) => send('DELETE', `/user/tokens/${id}`),
    async refreshTokens() {
      const { items } = (await ask('GET', '/user/refresh-tokens')) as { items: { id: number }[] }
      return items.map(({ id }) => id)
    },
    revokeRefreshToken: (id) => send('DELETE', `/user/refresh-tokens/${id}`),
    renameRepository: (from, to) => send('PATCH', repositoryPath(from), { name: to }),
    renameOrganization: (from, to) => send('PATCH', `/organizations/${from}`, { name: to }),
  }
}
