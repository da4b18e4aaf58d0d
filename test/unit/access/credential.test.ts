import { expect, test } from 'vitest'
import {
  ANONYMOUS,
  credentialOf,
  exchangedCredential,
  subjectKey,
  subjectName,
  viewerOf,
} from '../../../server/access/credential.ts'
import { openSqliteUnderTest } from '../../contract/metadata/open-sqlite.ts'
import { createUser } from '../../contract/metadata/sample-content.ts'

test('anonymous sees as anonymous, is called nothing, and has a key like everybody', () => {
  expect(viewerOf(ANONYMOUS.subject)).toEqual({ kind: 'anonymous' })
  expect(subjectName(ANONYMOUS.subject)).toBe('')
  expect(subjectKey(ANONYMOUS.subject)).toBe('anonymous')
})

test('users see what is theirs, auditors and admins see everything', async () => {
  const { store, close } = await openSqliteUnderTest()
  const [alice, auditor, admin] = [
    await createUser(store, 'alice'),
    await createUser(store, 'audrey', 'auditor'),
    await createUser(store, 'adam', 'admin'),
  ]
  expect(viewerOf({ kind: 'user', account: alice })).toEqual({ kind: 'account', accountId: alice.id })
  expect(viewerOf({ kind: 'user', account: auditor })).toEqual({ kind: 'everything' })
  expect(viewerOf({ kind: 'user', account: admin })).toEqual({ kind: 'everything' })
  await close()
})

test('a user is bound to uploads by identity, not by name, and never takes those of anonymous', async () => {
  const { store, close } = await openSqliteUnderTest()
  const [one, other] = [await createUser(store, 'anonymous'), await createUser(store, 'user')]
  const keys = [one, other].map((account) => subjectKey({ kind: 'user', account }))
  expect(new Set([...keys, subjectKey(ANONYMOUS.subject)]).size).toBe(3)
  expect(subjectKey({ kind: 'user', account: { ...one, name: 'renamed' } })).toBe(keys[0])
  await close()
})

test('a token is of the same subject as what it was exchanged for', async () => {
  const { store, close } = await openSqliteUnderTest()
  const password = credentialOf(await createUser(store, 'alice'), 'password')
  const narrowing = { keepsCatalog: false, keeps: () => false }
  const token = exchangedCredential(password, narrowing)
  expect(token).toEqual({ subject: password.subject, narrowing, proof: 'bearer', exchangedFor: password })
  expect(subjectKey(token.subject)).toBe(subjectKey(password.subject))
  await close()
})
