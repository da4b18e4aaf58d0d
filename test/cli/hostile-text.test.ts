import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'

/** Clears the screen, calls the window something, and turns the direction of what follows round. */
const EVIL = 'a\u001b[2Jb\u001b]0;title\u0007c\u009b31md\u202ee'
const TAME = 'a [2Jb ]0;title c 31md e'

let server: Server
let user: CliUser

/** A server that is no friend: a Kontor takes no such names and descriptions, another program may say anything. */
beforeAll(async () => {
  const repository = {
    name: `acme/${EVIL}`,
    description: EVIL,
    visibility: 'public',
    state: 'active',
    stars: 1,
    pulls: 2,
  }
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname
    const answer = path.startsWith('/api/v1/repositories/') ? repository : { items: [repository] }
    response.setHeader('X-Request-Id', '1').setHeader('Content-Type', 'application/json').end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  user = await createCliUser({ KONTOR_SERVER: `localhost:${(server.address() as AddressInfo).port}` })
})
afterAll(async () => {
  await user.leave()
  await new Promise((resolve) => void server.close(resolve))
})

test.each([
  'ls -q',
  'ls --format {{.Name}}\\t{{.Description}}\\n{{.|json}}',
  'ls --format json',
  'ls --format jsonl',
  'ls --format csv',
  'view acme/web --format {{.Description}}',
  'view acme/web --format json',
])('on a terminal, nothing that a server says steers it: kontor repo %s', async (words) => {
  const { code, stdout } = await user.start(['repo', ...words.split(' ')], { isShown: true }).ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/title/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
  expect(stdout.replaceAll('\r\n', '\n')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
})

test('a template keeps its own tabs and line ends there', async () => {
  const words = ['repo', 'ls', '--format', '{{.Description}}\\t{{.Stars}}\\n-']
  const { stdout } = await user.start(words, { isShown: true }).ended
  expect(stdout).toBe(`${TAME}\t1\r\n-\r\n`)
})

test('a pipe gets what the server says as it is', async () => {
  expect((await user.kontor(['repo', 'ls', '-q'])).stdout).toBe(`acme/${EVIL}\n`)
  expect((await user.kontor(['repo', 'ls', '--format', '{{.Description}}'])).stdout).toBe(`${EVIL}\n`)
  const { stdout } = await user.kontor(['repo', 'ls', '--format', 'json'])
  expect(JSON.parse(stdout)).toMatchObject([{ description: EVIL }])
})
