import { z } from 'zod'
import { MAX_PASSWORD_BYTES } from '../../config/secret.ts'
import { isNamespace } from '../../oci/repository-name.ts'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { Passwords } from '../access/passwords.ts'
import { originOf } from '../registry/caller.ts'
import { parsePage, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'

/** Names that paths and the official images need. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['api', 'library', 'token', 'v1', 'v2'])

const username = z
  .string()
  .refine(isNamespace, 'a name has lower-case letters and digits, separated by one of . _ __ -')
  .refine((name) => !RESERVED_NAMES.has(name), 'this name is reserved')

const password = z
  .string()
  .min(8, 'a password has at least 8 characters')
  .refine((text) => Buffer.byteLength(text) <= MAX_PASSWORD_BYTES, `a password has at most ${MAX_PASSWORD_BYTES} bytes`)

const newUser = z.strictObject({ username, password, email: z.email().optional() })

const userChanges = z.strictObject({
  displayName: z.string().max(200).nullable().optional(),
  email: z.email().nullable().optional(),
  password: password.optional(),
  role: z.enum(['none', 'auditor', 'admin']).optional(),
  disabled: z.boolean().optional(),
})

/** `/users` and `/user`: who may log in here. */
export function createUserRoutes(deps: { readonly accounts: AccountStore; readonly passwords: Passwords }): ApiRoute[] {
  const { accounts, passwords } = deps

  async function findUser(name: string | undefined): Promise<Account> {
    const account = await accounts.findByName(name ?? '')
    if (account?.kind !== 'user') throw notFound('such user')
    return account
  }

  return [
    apiRoute({
      method: 'get',
      path: '/user',
      access: { kind: 'authenticated' },
      body: undefined,
      async handle({ credential }) {
        if (credential.subject.kind === 'anonymous') throw new Error('an authenticated route was reached by anonymous')
        return { status: 200, body: showUser(credential.subject.account) }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/users',
      access: { kind: 'instance-admin' },
      body: undefined,
      async handle({ query }) {
        const page = await accounts.list(parsePage(query))
        return {
          status: 200,
          body: showPage({ ...page, items: page.items.filter(({ kind }) => kind === 'user') }, showUser),
        }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/users',
      access: { kind: 'instance-admin' },
      body: newUser,
      async handle({ body, caller }) {
        const passwordHash = await passwords.hash(body.password)
        const user = { name: body.username, passwordHash, email: body.email, role: 'none' } as const
        const result = await accounts.createUser(user, originOf(caller))
        if (result.kind === 'created') return { status: 201, body: showUser(result.account) }
        throw new Problem(409, 'NAME_TAKEN', `the name ${body.username} is taken; choose another`)
      },
    }),
    apiRoute({
      method: 'get',
      path: '/users/:user',
      access: { kind: 'instance-admin' },
      body: undefined,
      handle: async ({ parameters }) => ({ status: 200, body: showUser(await findUser(parameters['user'])) }),
    }),
    apiRoute({
      method: 'patch',
      path: '/users/:user',
      access: { kind: 'instance-admin' },
      body: userChanges,
      async handle({ parameters, body, caller }) {
        const { id } = await findUser(parameters['user'])
        const { password: newPassword, displayName, email, role, disabled } = body
        const account = await accounts.update(
          id,
          {
            ...(displayName === undefined ? {} : { displayName }),
            ...(email === undefined ? {} : { email }),
            ...(role === undefined ? {} : { role }),
            ...(disabled === undefined ? {} : { disabled }),
            ...(newPassword === undefined ? {} : { passwordHash: await passwords.hash(newPassword) }),
          },
          originOf(caller),
        )
        if (account === undefined) throw notFound('such user')
        return { status: 200, body: showUser(account) }
      },
    }),
  ]
}

/** An account as the API shows it: never its hash. */
function showUser({ name, displayName, email, role, disabledAt, createdAt }: Account) {
  return {
    username: name,
    displayName: displayName ?? null,
    email: email ?? null,
    role,
    disabled: disabledAt !== undefined,
    createdAt: new Date(createdAt).toISOString(),
  }
}
