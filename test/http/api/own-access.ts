import { onTestFinished } from 'vitest'
import { type Client, openTestServer, type TestServer } from '../../support/server.ts'

/** A server of its own, for what would be in the way of other tests. */
export async function openOwnServer(settings: Readonly<Record<string, unknown>> = {}): Promise<TestServer> {
  const own = await openTestServer({ settings })
  onTestFinished(() => own.close())
  return own
}

/** An access token of all rights, as the value of an `Authorization` header. */
export async function accessTokenOf(client: Client): Promise<string> {
  const { body } = await client.post('/api/v1/user/tokens').send({ name: 'test' }).expect(201)
  return `Bearer ${body.token}`
}
