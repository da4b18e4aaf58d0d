import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CliUser, createCliUser } from './cli.ts'
import type { Kontor } from './kontor.ts'

/** A user of the command line for whom `localhost` is this server, and docker's configuration has the password. */
export async function createLoggedIn(server: Kontor, username: string = server.username): Promise<CliUser> {
  const user = await createCliUser({ KONTOR_SERVER: server.host })
  const auth = Buffer.from(`${username}:${server.password}`).toString('base64')
  await mkdir(user.dockerConfig, { recursive: true })
  await writeFile(join(user.dockerConfig, 'config.json'), JSON.stringify({ auths: { [server.host]: { auth } } }))
  return user
}

/** Asks the API as the administrator, or as another user with the same password. @throws Error for a refusal. */
export async function askApi(
  server: Kontor,
  method: string,
  path: string,
  body?: unknown,
  username: string = server.username,
): Promise<unknown> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      Authorization: `Basic ${Buffer.from(`${username}:${server.password}`).toString('base64')}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

/** Users that did not exist, with the administrator's password. */
export async function createUsers(server: Kontor, ...usernames: readonly string[]): Promise<void> {
  for (const username of usernames) {
    await askApi(server, 'POST', '/users', { username, password: server.password })
  }
}
