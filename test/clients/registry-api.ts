import { type RegistryAccess, requestRegistry } from './registry-request.ts'

/** What of the registry's own API prepares the ground for what clients then do. */
export interface RegistryApi {
  /** Lets everybody pull from a repository. Throws unless the registry agrees. */
  publish(repository: string): Promise<void>
  /** Creates a user who owns nothing but a namespace. Throws unless the registry agrees. */
  createUser(username: string, password: string): Promise<void>
}

/** Makes an API client that acts with the rights of `access`. */
export function createRegistryApi(access: RegistryAccess): RegistryApi {
  const send = async (method: 'POST' | 'PATCH', path: string, json: unknown): Promise<void> => {
    const { status, body } = await requestRegistry(access, { method, path, json })
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${body.toString()}`)
  }
  return {
    publish: (repository) =>
      send('PATCH', `/api/v1/repositories/${encodeURIComponent(repository)}`, { visibility: 'public' }),
    createUser: (username, password) => send('POST', '/api/v1/users', { username, password }),
  }
}
