import { z } from 'zod'
import type { AccessToken, AccessTokenStore } from '../../storage/metadata/access-tokens.ts'
import type { Account } from '../../storage/metadata/accounts.ts'
import type { AccessTokenId } from '../../storage/metadata/identities.ts'
import { originOf } from '../access/caller.ts'
import type { LastUses } from '../access/last-uses.ts'
import {
  type AccessTokenIssue,
  type IssueAccessToken,
  MAX_ACCESS_TOKEN_DAYS,
  MAX_ACCESS_TOKENS,
} from '../accounts/issue-access-token.ts'
import { readId, shownTime, time } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime, showTime } from './show-time.ts'
import { shownTokenScopes, showTokenScopes, tokenScopes } from './token-scopes.ts'

const newAccessToken = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .meta({ description: 'What it is for', examples: ['laptop'] }),
    scopes: tokenScopes.optional().meta({ description: 'Absent: all rights of its owner, administration included' }),
    expiresAt: time.optional().meta({ description: 'Absent: never' }),
  })
  .meta({ id: 'NewAccessToken' })

const shownAccessToken = z
  .strictObject({
    id: z.int(),
    name: z.string(),
    scopes: shownTokenScopes,
    createdAt: shownTime,
    expiresAt: shownTime.nullable(),
    lastUsedAt: shownTime.nullable(),
    lastUsedFrom: z.string().nullable().meta({ description: 'The IP address of its last use' }),
  })
  .meta({ id: 'AccessToken' })

const issuedAccessToken = shownAccessToken
  .extend({ token: z.string().meta({ description: 'The token itself, to be used as a password; shown this once' }) })
  .meta({ id: 'IssuedAccessToken' })

/** `/user/tokens`: the personal access tokens of whoever asks. */
export function createAccessTokenRoutes(deps: {
  readonly accessTokens: Pick<AccessTokenStore, 'findById' | 'list' | 'delete'>
  readonly issueAccessToken: IssueAccessToken
  readonly lastUses: Pick<LastUses, 'find'>
}): ApiRoute[] {
  const { accessTokens, issueAccessToken, lastUses } = deps

  function show(token: AccessToken): z.infer<typeof shownAccessToken> {
    const { id, name, scopes, createdAt, expiresAt } = token
    const unwritten = lastUses.find({ kind: 'access-token', id })
    return {
      id,
      name,
      scopes: showTokenScopes(scopes),
      createdAt: showTime(createdAt),
      expiresAt: showOptionalTime(expiresAt),
      lastUsedAt: showOptionalTime(unwritten?.at ?? token.lastUsedAt),
      lastUsedFrom: unwritten?.from ?? token.lastUsedFrom ?? null,
    }
  }

  /** @throws Problem 404 when the user has no such token, whoever else may have it (S19). */
  async function find(owner: Account, id: AccessTokenId | undefined): Promise<AccessToken> {
    const token = id && (await accessTokens.findById(id))
    if (token?.userId !== owner.id) throw notFound('such access token')
    return token
  }

  return [
    apiRoute({
      method: 'get',
      path: '/user/tokens',
      summary: 'List one’s own access tokens, the newest first',
      access: { kind: 'user' },
      query: pageQuery,
      result: pageOf(shownAccessToken),
      statuses: [200],
      async handle({ query }, { account }) {
        return { status: 200, body: showPage(await accessTokens.list(account.id, query), show) }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/user/tokens',
      summary: 'Create an access token, which is shown this once',
      access: { kind: 'user' },
      body: newAccessToken,
      result: issuedAccessToken,
      statuses: [201],
      async handle({ body: { name, scopes, expiresAt }, caller }, { account }) {
        const { token, text } = issued(await issueAccessToken(account, { name, scopes, expiresAt }, caller))
        return { status: 201, body: { ...show(token), token: text } }
      },
    }),
    apiRoute({
      method: 'get',
      path: '/user/tokens/:id',
      summary: 'Look at one of one’s own access tokens',
      access: { kind: 'user' },
      result: shownAccessToken,
      statuses: [200],
      async handle({ parameters }, { account }) {
        return { status: 200, body: show(await find(account, readId(parameters['id']))) }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/user/tokens/:id',
      summary: 'Revoke one of one’s own access tokens',
      access: { kind: 'user' },
      statuses: [204],
      async handle({ parameters, caller }, { account }) {
        const id = readId<AccessTokenId>(parameters['id'])
        const isDeleted = id !== undefined && (await accessTokens.delete(account.id, id, originOf(caller)))
        if (!isDeleted) throw notFound('such access token')
        return { status: 204 }
      },
    }),
  ]
}

/** @throws Problem for a token that was not made */
function issued(issue: AccessTokenIssue): AccessTokenIssue & { readonly kind: 'issued' } {
  switch (issue.kind) {
    case 'issued':
      return issue
    case 'wrong-expiry': {
      const message = `expiresAt must be in the future, and at most ${MAX_ACCESS_TOKEN_DAYS} days away; change or omit it`
      throw new Problem(422, 'EXPIRY_INVALID', message)
    }
    case 'too-many': {
      const message = `you have ${MAX_ACCESS_TOKENS} access tokens, which is the most; delete some that you do not need`
      throw new Problem(409, 'TOO_MANY_TOKENS', message)
    }
    case 'exceeds-rights': {
      const { pattern, permission } = issue.scope
      const message = `you do not hold the permission ${permission} on ${pattern}; a token cannot have more than its owner`
      throw new Problem(422, 'SCOPE_EXCEEDS_RIGHTS', message, { repositories: pattern, permission })
    }
  }
}
