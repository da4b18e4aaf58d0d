import supertest from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliUser, createCliUser } from '../support/cli.ts'
import { type Kontor, startKontor } from '../support/kontor.ts'
import { askApi, createLoggedIn } from '../support/logged-in.ts'
import { basic, pushImage } from '../support/server.ts'

let server: Kontor
let admin: CliUser
let nobody: CliUser
let digest: string

beforeAll(async () => {
  server = await startKontor()
  await askApi(server, 'POST', '/organizations', { name: 'acme', displayName: 'Acme & Sons' })
  const pusher = supertest.agent(server.url).set('Authorization', basic(server.username, server.password))
  for (const name of ['library/nginx', 'acme/nginx-proxy', 'acme/web']) {
    digest = (await pushImage(pusher, name, { tag: '1.25' })).digest
  }
  await askApi(server, 'PATCH', '/repositories/nginx', { visibility: 'public', description: 'Serves, and proxies' })
  await askApi(server, 'PATCH', '/repositories/acme%2Fweb', { state: 'deprecated', labels: { team: 'web' } })
  admin = await createLoggedIn(server)
  nobody = await createCliUser({ KONTOR_SERVER: server.host })
})
afterAll(async () => {
  await server.stop()
  for (const user of [admin, nobody]) await user.leave()
})

test('kontor search has columns apart by tabs in a pipe, the best first', async () => {
  const { stdout, stderr, code } = await admin.kontor(['search', 'nginx'])
  expect(stdout.replace(/\d{4}-\S+Z/g, 'TIME')).toBe(
    'library/nginx\tServes, and proxies\t0\t0\tTIME\nacme/nginx-proxy\t\t0\t0\tTIME\n',
  )
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
})

test('kontor search finds what one may see', async () => {
  expect((await nobody.kontor(['search', 'nginx', '-q'])).stdout).toBe('library/nginx\n')
})

test('kontor search passes qualifiers on, and says which there are', async () => {
  expect((await admin.kontor(['search', 'label:team=web', 'is:deprecated', '-q'])).stdout).toBe('acme/web\n')
  const { code, stderr } = await admin.kontor(['search', 'is:odd'])
  expect(code).toBe(2)
  expect(stderr).toContain('is:public')
})

test('kontor search says that it corrected a word, and not in the data', async () => {
  const { stdout, stderr } = await admin.kontor(['search', 'ngnix', '--format', '{{.Name}}'])
  expect(stdout).toBe('library/nginx\nacme/nginx-proxy\n')
  expect(stderr).toBe('hardly anything for ngnix; results for nginx are listed as well\n')
})

test('kontor search finds tags, organizations and users', async () => {
  const tags = await admin.kontor(['search', '--type', 'tag', 'web:1'])
  expect(tags.stdout.replace(/\d{4}-\S+Z/, 'TIME')).toBe(`acme/web:1.25\t${digest}\tlinux/amd64\t0\tTIME\n`)
  expect((await admin.kontor(['search', '--type', 'organization', 'acm'])).stdout).toBe('acme\tAcme & Sons\n')
  expect((await admin.kontor(['search', '--type', 'user', 'adm', '-q'])).stdout).toBe('admin\n')
  expect((await admin.kontor(['search', '--type', 'robot', 'x'])).code).toBe(2)
})

test('kontor search says when there is more', async () => {
  const { stdout, stderr } = await admin.kontor(['search', '--limit', '1', '-q', 'nginx'])
  expect(stdout).toBe('library/nginx\n')
  expect(stderr).toBe('there are more repositories than this one; --all lists them\n')
  expect((await admin.kontor(['search', '--all', '-q', '--sort', 'name'])).stdout).toBe(
    'acme/nginx-proxy\nacme/web\nlibrary/nginx\n',
  )
})

test('kontor search prints as JSON what the API answered', async () => {
  const { stdout } = await admin.kontor(['search', 'nginx', '--format', 'json'])
  const { items } = (await askApi(server, 'GET', '/search?q=nginx')) as { items: unknown[] }
  expect(JSON.parse(stdout)).toEqual(items)
})
