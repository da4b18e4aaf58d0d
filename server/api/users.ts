import { z } from 'zod'
import type { AccessTokenStore } from '../../storage/metadata/access-tokens.ts'
import type { Account, AccountDeletion, AccountStore, AccountUpdate } from '../../storage/metadata/accounts.ts'
import type { Authenticate } from '../access/authenticate.ts'
import { type Caller, originOf } from '../access/caller.ts'
import type { Passwords } from '../access/passwords.ts'
import type { SignUpThrottle } from '../accounts/sign-up-throttle.ts'
import { hasRepositories, nameTaken } from './account-problems.ts'
import { NotAdmitted } from './admission.ts'
import { displayName, email, newAccountName, newPassword } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { shownUser, showUser } from './shown-user.ts'
import { tooManyTries } from './too-many-tries.ts'
import { createCurrentUserRoutes } from './user.ts'
import { changedMeanwhile } from './versions.ts'

const newUser = z
  .strictObject({ username: newAccountName, password: newPassword, email: email.optional() })
  .meta({ id: 'NewUser' })

const userChanges = z
  .strictObject({
    username: newAccountName.exactOptional(),
    displayName: displayName.nullable().exactOptional(),
    email: email.nullable().exactOptional(),
    password: newPassword.exactOptional(),
    currentPassword: z
      .string()
      .exactOptional()
      .meta({ format: 'password', description: 'Needed to change the own password, and for nothing else' }),
    role: shownUser.shape.role.exactOptional(),
    disabled: z.boolean().exactOptional(),
  })
  .meta({ id: 'UserChanges' })

/** `/users` and `/user`: who may log in here. */
export function createUserRoutes(deps: {
  readonly accounts: Pick<AccountStore, 'listUsers' | 'createUser' | 'update' | 'delete'>
  readonly accessTokens: Pick<AccessTokenStore, 'findById'>
  readonly passwords: Pick<Passwords, 'hash'>
  readonly authenticate: Pick<Authenticate, 'byPassword'>
  readonly signUpThrottle: SignUpThrottle
  /** Whether people may create accounts for themselves. */
  readonly signUp: boolean
}): ApiRoute[] {
  const { accounts, accessTokens, passwords, authenticate, signUpThrottle, signUp } = deps

  /** Where people may sign up; elsewhere the rule lets administrators only come this far. The tries of strangers count. */
  async function requireMayCreate({ credential: { subject, narrowing }, address }: Caller): Promise<void> {
    if (subject.kind === 'anonymous') {
      const seconds = await signUpThrottle.take(address)
      if (seconds !== undefined) throw tooManyTries('tries to sign up from your address', seconds)
      return
    }
    if (subject.kind === 'user' && subject.account.role === 'admin' && narrowing === undefined) return
    const message = 'users are created by administrators of the registry; to sign up, send no credentials'
    throw new NotAdmitted(new Problem(403, 'DENIED', message), { object: 'registry', ownerId: undefined })
  }

  /**
   * Whoever finds a session open, or an access token, must not be able to take the account over for good.
   * @throws Problem 403 or 429; wrong tries count like those to log in.
   */
  async function checkCurrentPassword({ name }: Account, password: string, { address, requestId }: Caller) {
    const checked = await authenticate.byPassword(name, password, { address, requestId })
    if (checked.kind === 'throttled') throw tooManyTries('wrong passwords', checked.retryAfterSeconds)
    if (checked.kind === 'credential' && checked.credential.proof.kind === 'password') return
    throw new Problem(
      403,
      'WRONG_PASSWORD',
      'currentPassword is not your password; repeat the change with the right one',
    )
  }

  return [
    ...createCurrentUserRoutes({ accessTokens }),
    apiRoute({
      method: 'get',
      path: '/users',
      summary: 'List the users',
      access: { kind: 'instance', role: 'auditor' },
      query: pageQuery,
      result: pageOf(shownUser),
      statuses: [200],
      async handle({ query }) {
        return { status: 200, body: showPage(await accounts.listUsers(query), showUser) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/users',
      summary: 'Create a user; without credentials: sign up, where people may',
      access: signUp ? { kind: 'public' } : { kind: 'instance', role: 'admin' },
      body: newUser,
      result: shownUser,
      statuses: [201],
      async handle({ body, caller }) {
        await requireMayCreate(caller)
        const passwordHash = await passwords.hash(body.password)
        const user = { name: body.username, passwordHash, email: body.email, role: 'none' } as const
        const result = await accounts.createUser(user, originOf(caller))
        if (result.kind === 'name-taken') throw nameTaken(body.username)
        return { status: 201, body: showUser(result.account), version: result.account.version }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/users/:user',
      summary: 'Look at a user',
      access: { kind: 'account', access: 'read' },
      result: shownUser,
      statuses: [200],
      async handle(_request, { target }) {
        return { status: 200, body: showUser(target), version: target.version }
      },
    }),
    apiRoute({
      method: 'patch',
      path: '/users/:user',
      summary: 'Change a user; role and disabled are for administrators',
      access: { kind: 'account', access: 'write' },
      body: userChanges,
      result: shownUser,
      statuses: [200],
      async handle({ body, caller, ifVersion }, { account, target }) {
        const { username, password, currentPassword, ...others } = body
        if (account.role !== 'admin' && (others.role !== undefined || others.disabled !== undefined)) {
          const message = 'role and disabled are changed by administrators of the registry; leave them out or ask one'
          throw new NotAdmitted(new Problem(403, 'DENIED', message), { object: target.name, ownerId: target.id })
        }
        const isOwnPassword = password !== undefined && account.id === target.id
        if (isOwnPassword !== (currentPassword !== undefined)) throw currentPasswordMisplaced(isOwnPassword)
        if (currentPassword !== undefined) await checkCurrentPassword(target, currentPassword, caller)
        const changes = {
          ...others,
          ...(username === undefined ? {} : { name: username }),
          ...(password === undefined ? {} : { passwordHash: await passwords.hash(password) }),
        }
        const updated = updatedUser(await accounts.update(target.id, changes, originOf(caller), ifVersion), username)
        return { status: 200, body: showUser(updated), version: updated.version }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/users/:user',
      summary: 'Delete a user who owns nothing any more',
      access: { kind: 'account', access: 'write' },
      statuses: [204],
      async handle({ caller, ifVersion }, { target }) {
        requireUserDeleted(await accounts.delete(target.id, originOf(caller), ifVersion), target.name)
        return { status: 204 }
      },
    }),
  ]
}

function currentPasswordMisplaced(isMissing: boolean): Problem {
  const message = isMissing
    ? 'must come with a new password of your own'
    : 'is only for changing your own password; leave it out'
  const errors = [{ field: 'currentPassword', message }]
  return new Problem(400, 'BODY_INVALID', `currentPassword: ${message}`, { errors })
}

/** @throws Problem for what was not changed */
function updatedUser(update: AccountUpdate, name = ''): Account {
  switch (update.kind) {
    case 'updated':
      return update.account
    case 'absent':
      throw notFound('such user')
    case 'stale':
      throw changedMeanwhile()
    case 'name-taken':
      throw nameTaken(name)
    case 'last-admin':
      throw lastAdministrator()
  }
}

/** @throws Problem for what was not deleted */
function requireUserDeleted(deletion: AccountDeletion, name: string): void {
  switch (deletion.kind) {
    case 'deleted':
      return
    case 'absent':
      throw notFound('such user')
    case 'stale':
      throw changedMeanwhile()
    case 'last-admin':
      throw lastAdministrator()
    case 'has-repositories':
      throw hasRepositories(name, deletion.count)
    case 'last-owner': {
      const { organizations } = deletion
      const message = `${name} is the only owner of ${organizations.join(', ')}; make somebody else an owner there first`
      throw new Problem(409, 'LAST_OWNER', message, { organizations })
    }
  }
}

function lastAdministrator(): Problem {
  const message = 'nobody could administer the registry any more; make another user an administrator first'
  return new Problem(409, 'LAST_ADMIN', message)
}
