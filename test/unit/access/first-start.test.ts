import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configSchema } from '../../../config/schema.ts'
import { Secret } from '../../../config/secret.ts'
import { completeFirstStart } from '../../../server/accounts/first-start.ts'
import { basic, type OpenAccess, openAccess } from './open-access.ts'

let access: OpenAccess

beforeEach(async () => {
  access = await openAccess()
})

afterEach(() => access.close())

function start(username: string, password?: string) {
  return completeFirstStart({
    accounts: access.store.accounts,
    passwords: access.passwords,
    username,
    password: password === undefined ? undefined : new Secret(password),
  })
}

test('the first start makes an administrator with the password that was set, and owns the official images', async () => {
  expect(await start('root', 'a password')).toEqual({
    kind: 'admin-created',
    username: 'root',
    generatedPassword: undefined,
  })
  expect(await access.credentialFor(basic('root', 'a password'))).toMatchObject({
    subject: { account: { name: 'root', role: 'admin' } },
  })
  expect(await access.store.accounts.findByName('library')).toMatchObject({ kind: 'organization' })
})

test('without a password it makes one up, which nobody could guess', async () => {
  const started = await start('admin')
  if (started.kind !== 'admin-created' || started.generatedPassword === undefined) throw new Error('none was made')
  expect(started.generatedPassword).toMatch(/^[A-Za-z0-9_-]{20}$/)
  await expect(access.credentialFor(basic('admin', started.generatedPassword))).resolves.toBeDefined()
  await expect(access.credentialFor(basic('admin', ''))).rejects.toThrow()
})

test('every later start changes nothing, whatever the settings say', async () => {
  await start('admin', 'the first')
  expect(await start('another', 'the second')).toEqual({ kind: 'none' })
  expect(await start('admin', 'the second')).toEqual({ kind: 'none' })
  await expect(access.credentialFor(basic('admin', 'the first'))).resolves.toBeDefined()
  await expect(access.credentialFor(basic('admin', 'the second'))).rejects.toThrow()
  expect(await access.store.accounts.findByName('another')).toBeUndefined()
})

describe('whatever the settings allow, the administrator who was made can log in', () => {
  test.each([
    ['a password of one letter', { password: 'x' }],
    ['a password with colons and spaces', { password: ' a:b: ' }],
    ['a password of 1,024 bytes', { password: 'x'.repeat(1024) }],
    ['a password of 1,025 bytes', { password: 'x'.repeat(1025) }],
    ['a password of many letters of several bytes', { password: '🔑'.repeat(300) }],
    ['a name with capitals', { username: 'Admin', password: 'secret' }],
    ['the name of the official images', { username: 'library', password: 'secret' }],
    ['a name of 128 characters', { username: 'a'.repeat(128), password: 'secret' }],
  ])('%s', async (_, admin) => {
    const settings = configSchema.safeParse({ admin })
    if (!settings.success) return
    const { username, password } = settings.data.admin
    const { accounts } = access.store
    await completeFirstStart({ accounts, passwords: access.passwords, username, password })
    expect(await access.credentialFor(basic(username, admin.password))).toMatchObject({
      subject: { account: { role: 'admin' } },
    })
  })
})
