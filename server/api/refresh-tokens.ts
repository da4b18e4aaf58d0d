import { z } from 'zod'
import type { RefreshTokenId } from '../../storage/metadata/identities.ts'
import type { RefreshToken, RefreshTokenStore } from '../../storage/metadata/refresh-tokens.ts'
import { originOf } from '../access/caller.ts'
import type { LastUses } from '../access/last-uses.ts'
import { readId, shownTime } from './fields.ts'
import { pageOf, pageQuery, showPage } from './paging.ts'
import { notFound } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime, showTime } from './show-time.ts'

const shownRefreshToken = z
  .strictObject({
    id: z.int(),
    createdAt: shownTime,
    createdFrom: z
      .string()
      .nullable()
      .meta({ description: 'The IP address that logged in; null where it is not known' }),
    lastUsedAt: shownTime.nullable(),
    lastUsedFrom: z.string().nullable().meta({ description: 'The IP address of its last use' }),
  })
  .meta({ id: 'RefreshToken' })

/** `/user/refresh-tokens`: what `docker login` left behind on the machines of whoever asks. */
export function createRefreshTokenRoutes(deps: {
  readonly refreshTokens: Pick<RefreshTokenStore, 'list' | 'delete'>
  readonly lastUses: Pick<LastUses, 'find'>
}): ApiRoute[] {
  const { refreshTokens, lastUses } = deps

  function show(token: RefreshToken): z.infer<typeof shownRefreshToken> {
    const { id, createdAt, createdFrom } = token
    const unwritten = lastUses.find({ kind: 'refresh-token', id })
    return {
      id,
      createdAt: showTime(createdAt),
      createdFrom: createdFrom === '' ? null : createdFrom,
      lastUsedAt: showOptionalTime(unwritten?.at ?? token.lastUsedAt),
      lastUsedFrom: unwritten?.from ?? token.lastUsedFrom ?? null,
    }
  }

  return [
    apiRoute({
      method: 'get',
      path: '/user/refresh-tokens',
      summary: 'List the machines on which one is logged in, the newest first',
      access: { kind: 'user' },
      query: pageQuery,
      result: pageOf(shownRefreshToken),
      statuses: [200],
      async handle({ query }, { account }) {
        return { status: 200, body: showPage(await refreshTokens.list(account.id, query), show) }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/user/refresh-tokens/:id',
      summary: 'Log out of a machine',
      access: { kind: 'user' },
      statuses: [204],
      async handle({ parameters, caller }, { account }) {
        const id = readId<RefreshTokenId>(parameters['id'])
        const isDeleted = id !== undefined && (await refreshTokens.delete(account.id, id, originOf(caller)))
        if (!isDeleted) throw notFound('such refresh token')
        return { status: 204 }
      },
    }),
  ]
}
