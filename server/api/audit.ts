import { z } from 'zod'
import { AUDIT_ACTIONS, type AuditFilter, type AuditLog } from '../../storage/metadata/audit-events.ts'
import type { AccountId } from '../../storage/metadata/identities.ts'
import { exportCsv, exportJsonLines, readAuditEvents, showAuditEvent } from './audit-export.ts'
import { shownTime, time } from './fields.ts'
import { pageOf, pageParameters, showPage, toPageRequest } from './paging.ts'
import { Problem } from './problem.ts'
import { type ApiRequest, type ApiResponse, type ApiRoute, apiRoute } from './route.ts'

const outcome = z.enum(['done', 'refused'])

const eventId = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/, 'must be the id of an event, or 0')
  .transform(Number)

const auditQuery = z.strictObject({
  ...pageParameters,
  action: z.enum(AUDIT_ACTIONS).optional(),
  outcome: outcome.optional(),
  actor: z
    .string()
    .max(255)
    .optional()
    .meta({ description: "The author's name at the time", examples: ['alice'] }),
  object: z
    .string()
    .max(500)
    .optional()
    .meta({
      description: 'What was changed, or what that begins with up to a `/`, `:` or `@`',
      examples: ['acme/web'],
    }),
  since: time.optional().meta({ description: 'Events of this time or later' }),
  until: time.optional().meta({ description: 'Events from before this time' }),
  newerThan: eventId
    .optional()
    .meta({ description: 'Events written after the one with this id, for who follows the trail', examples: ['4711'] }),
})
type AuditQuery = z.infer<typeof auditQuery>

const shownEvent = z
  .strictObject({
    id: z.int(),
    at: shownTime,
    action: z.enum(AUDIT_ACTIONS),
    outcome,
    object: z.string(),
    actor: z.strictObject({
      name: z.string().meta({ description: 'At the time; empty for anonymous' }),
      credential: z.string().meta({ examples: ['password', 'access-token 12'] }),
      address: z.string().meta({ description: 'The IP address; empty for the registry itself' }),
    }),
    requestId: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent' })
const auditPage = pageOf(shownEvent)

/** What the trail is given as: a page of JSON, or all of it in one of the forms that other programs read. */
const EXPORTS = ['application/jsonl', 'application/x-ndjson', 'text/csv'] as const
const MEDIA_TYPES = ['application/json', ...EXPORTS] as const

/** `/audit` and `/organizations/:org/audit`: who did what, and what was refused. */
export function createAuditRoutes({ auditLog }: { readonly auditLog: Pick<AuditLog, 'list'> }): ApiRoute[] {
  async function answer(
    { query, accepts }: ApiRequest<AuditQuery, undefined>,
    ownerId: AccountId | undefined,
  ): Promise<ApiResponse<z.infer<typeof auditPage>>> {
    const filter = toFilter(query, ownerId)
    switch (accepts(MEDIA_TYPES)) {
      case 'application/json':
        return { status: 200, body: showPage(await auditLog.list(filter, toPageRequest(query)), showAuditEvent) }
      case 'application/jsonl':
        return toStream('application/jsonl', exportJsonLines(readAuditEvents(auditLog, filter)))
      case 'application/x-ndjson':
        return toStream('application/x-ndjson', exportJsonLines(readAuditEvents(auditLog, filter)))
      case 'text/csv':
        return toStream('text/csv; header=present', exportCsv(readAuditEvents(auditLog, filter)))
      default:
        throw new Problem(406, 'NOT_ACCEPTABLE', `the trail comes as ${MEDIA_TYPES.join(', ')}; accept one of them`)
    }
  }

  return [
    apiRoute({
      method: 'get',
      path: '/audit',
      summary: "Search the registry's audit trail; accept application/jsonl or text/csv to export all that matches",
      access: { kind: 'instance', role: 'auditor' },
      query: auditQuery,
      result: auditPage,
      alsoAs: EXPORTS,
      statuses: [200],
      handle: (request) => answer(request, undefined),
    }),
    apiRoute({
      method: 'get',
      path: '/organizations/:org/audit',
      summary: "Search an organization's audit trail; accept application/jsonl or text/csv to export all that matches",
      access: { kind: 'organization', right: 'audit' },
      query: auditQuery,
      result: auditPage,
      alsoAs: EXPORTS,
      statuses: [200],
      handle: (request, { organization }) => answer(request, organization.id),
    }),
  ]
}

function toFilter(query: AuditQuery, ownerId: AccountId | undefined) {
  const { action, outcome, actor, object, since, until, newerThan } = query
  return { ownerId, action, outcome, actor, object, since, until, newerThan } satisfies AuditFilter
}

function toStream(mediaType: string, text: AsyncIterable<string>) {
  return { status: 200, mediaType: `${mediaType}; charset=utf-8`, text } as const
}
