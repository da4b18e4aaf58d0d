import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import express, { type NextFunction, type Request, type Response, type Router } from 'express'
import { ZodError } from 'zod'
import type { Authenticate, Authentication } from '../access/authenticate.ts'
import { type Caller, originOf } from '../access/caller.ts'
import { ANONYMOUS, type Credential, subjectName } from '../access/credential.ts'
import type { Refusals } from '../audit/refusals.ts'
import { createBodyWriter, isClientGone } from '../http/body-writer.ts'
import { crossSiteRefusal, isCrossSite } from '../http/cross-site.ts'
import type { ReportFault, RequestContext, RequestHandler } from '../http/request-context.ts'
import { type Admit, NotAdmitted } from './admission.ts'
import { createReadJsonBody } from './json-body.ts'
import { Problem, sendProblem, toProblem } from './problem.ts'
import { queryParametersOf } from './query-parameters.ts'
import type { ApiResponse, ApiRoute } from './route.ts'
import { type ApiRule, findRaisedFields, isNamedInBody, repositoryInBody } from './rule.ts'
import { tooManyTries } from './too-many-tries.ts'
import { formatVersion, parseIfMatch } from './versions.ts'

/** A plain page outside `/api/v1`: health, metrics, keys. */
export interface Page {
  readonly path: string
  /** For log and metrics. */
  readonly name: string
  readonly access: ApiRule & { readonly kind: 'public' | 'instance' }
  /** @param identify who asks, for what everybody may see and some see more of; wrong credentials are refused. */
  handle(response: Response, request: Request, context: RequestContext, identify: () => Promise<Caller>): Promise<void>
}

/** The API, and the pages that go with it. */
export interface Hub {
  readonly routes: readonly ApiRoute[]
  readonly pages: readonly Page[]
}

/** Everything that is not the registry's wire, on Express. */
export function createApp(deps: {
  /** What supervisors and monitors look at. */
  readonly pages: readonly Page[]
  /** Called at the first request for anything else: its schemas take time and memory, and a registry may never be asked. */
  readonly loadHub: () => Promise<Hub>
  readonly authenticate: Authenticate
  readonly admit: Admit
  readonly refusals: Refusals
  readonly reportFault: ReportFault
}): RequestHandler {
  const { pages, loadHub, authenticate, admit, refusals, reportFault } = deps
  // Express has no typed place for what belongs to one request; the map forgets with the request.
  const contexts = new WeakMap<IncomingMessage, RequestContext>()
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)

  function contextOf(request: IncomingMessage): RequestContext {
    const context = contexts.get(request)
    if (context === undefined) throw new Error('a request reached Express without its context')
    return context
  }

  async function identify(request: IncomingMessage): Promise<Caller> {
    const context = contextOf(request)
    const { id: requestId, address } = context
    const credential = credentialOf(await authenticate.byHeader(request.headers.authorization, { address, requestId }))
    context.subject = subjectName(credential.subject)
    return { credential, address, requestId }
  }

  /** Leaves a refusal of what would have changed something for the audit trail, and passes it on. */
  function noteRefusal(error: unknown, caller: Caller, request: Request): never {
    const isWrite = request.method !== 'GET' && request.method !== 'HEAD'
    // Without credentials it is no refusal yet: the client is told to log in.
    const isKnown = request.headers.authorization !== undefined
    if (isWrite && isKnown && error instanceof Problem && (error instanceof NotAdmitted || error.status === 401)) {
      const { object, ownerId } = error instanceof NotAdmitted ? error : { object: request.path, ownerId: undefined }
      const detail = { route: contextOf(request).route, reason: error.message }
      refusals.note({ action: 'write', object, ownerId, origin: originOf(caller), detail })
    }
    throw error
  }

  app.use((request, _response, next) => {
    const { origin } = contextOf(request)
    if (isCrossSite(request, origin)) throw new Problem(403, 'CROSS_SITE', crossSiteRefusal(origin))
    next()
  })

  function addPage(router: Router, page: Page): void {
    router.get(page.path, async (request, response) => {
      contextOf(request).route = page.name
      if (page.access.kind !== 'public') await admit((await identify(request)).credential, page.access, {})
      await page.handle(response, request, contextOf(request), () => identify(request))
    })
  }

  const readJsonBody = createReadJsonBody()

  /** Asks the rule, and only then reads the body: what a stranger sends is not even looked at. */
  async function serve(route: ApiRoute, caller: Caller, request: Request, response: Response): Promise<ApiResponse> {
    const parameters = { ...(request.params as Record<string, string>) }
    const isNamedLate = isNamedInBody(route.access)
    if (isNamedLate) {
      await admit(caller.credential, { kind: 'authenticated' }, parameters)
      await readJsonBody(request, response)
      const name = repositoryInBody(request.body)
      // The schema says what is wrong with a body that names nothing.
      if (name === undefined) route.body?.parse(request.body)
      parameters['repository'] = name ?? ''
    }
    const admitted = await admit(caller.credential, route.access, parameters)
    if (route.body !== undefined && !isNamedLate) await readJsonBody(request, response)
    const raised = findRaisedFields(route.access, request.body)
    if (raised !== undefined) await admit(caller.credential, route.access, parameters, raised)
    return route.handle(
      {
        parameters,
        query: queryOf(request),
        body: request.body,
        credential: caller.credential,
        caller,
        origin: contextOf(request).origin,
        ifVersion: parseIfMatch(request.headers['if-match']),
        exchange: { request, response },
        async admitAgain() {
          await admit((await identify(request)).credential, route.access, parameters)
        },
        accepts: (mediaTypes) => request.accepts([...mediaTypes]) || undefined,
      },
      admitted,
    )
  }

  function addRoute(router: Router, route: ApiRoute): void {
    router[route.method](`/api/v1${route.path}`, async (request: Request, response: Response) => {
      const context = contextOf(request)
      context.route = `${route.method} ${route.path}`
      const stranger = { credential: ANONYMOUS, address: context.address, requestId: context.id }
      const caller = await identify(request).catch((error: unknown) => noteRefusal(error, stranger, request))
      const answer = await serve(route, caller, request, response).catch((error: unknown) =>
        noteRefusal(error, caller, request),
      )
      await send(request, response, answer)
    })
  }

  async function openHub(): Promise<Router> {
    const loaded = await loadHub()
    const router = express.Router()
    for (const page of loaded.pages) addPage(router, page)
    for (const route of loaded.routes) addRoute(router, route)
    return router
  }

  for (const page of pages) addPage(app, page)
  let hub: Promise<Router> | undefined
  app.use(async (request, response, next) => {
    hub ??= openHub()
    const router = await hub
    router(request, response, next)
  })
  app.use((request, _response) => {
    throw new Problem(404, 'NOT_FOUND', `there is nothing at ${request.method} ${request.path.slice(0, 200)}`)
  })
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (isClientGone(error) && (response.headersSent || response.destroyed)) {
      response.destroy()
      return
    }
    const context = contextOf(request)
    const problem = error instanceof ZodError ? validationProblem(error) : toProblem(error, context.id)
    if (problem.status >= 500) reportFault(error, context)
    if (response.headersSent) response.destroy()
    else sendProblem(response, problem, context.id)
  })

  return (request, response, context) => {
    contexts.set(request, context)
    setHeaders(response, context)
    app(request, response)
  }
}

function setHeaders(response: ServerResponse, context: RequestContext): void {
  response.setHeader('X-Request-Id', context.id)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
}

/** Wrong credentials are refused even where none are needed: a login with a typo must fail. */
function credentialOf(authentication: Authentication): Credential {
  switch (authentication.kind) {
    case 'credential':
      return authentication.credential
    case 'none':
      return ANONYMOUS
    case 'refused':
      throw new Problem(401, 'UNAUTHORIZED', authentication.reason)
    case 'throttled':
      throw tooManyTries('wrong passwords', authentication.retryAfterSeconds)
  }
}

/** @throws Problem 400 for a parameter that comes twice: the one who checks and the one who acts could see different ones. */
function queryOf(request: Request): Readonly<Record<string, string>> {
  const query: Record<string, string> = Object.create(null)
  for (const [name, value] of queryParametersOf(request)) {
    if (name in query) throw new Problem(400, 'QUERY_INVALID', `the parameter ${name.slice(0, 50)} comes twice`)
    query[name] = value
  }
  return { ...query }
}

async function send(request: Request, response: Response, answer: ApiResponse): Promise<void> {
  response.status(answer.status)
  if (answer.status === 204) {
    response.end()
  } else if ('json' in answer) {
    response.setHeader('Content-Type', 'application/json; charset=utf-8')
    response.setHeader('Content-Length', answer.json.length)
    response.end(answer.json)
  } else if ('text' in answer) {
    response.setHeader('Content-Type', answer.mediaType)
    await pipeline(Readable.from(answer.text), response)
  } else if ('bytes' in answer) {
    response.setHeader('Content-Type', answer.mediaType)
    response.setHeader('Content-Length', answer.lengthBytes)
    response.setHeader('Content-Disposition', `attachment; filename="${answer.fileName}"`)
    // Express answers HEAD by the route of GET: no reason to read what nobody will see.
    if (request.method !== 'HEAD') await writeAll(response, answer.bytes)
    response.end()
  } else {
    if (answer.version !== undefined) response.setHeader('ETag', formatVersion(answer.version))
    response.json(answer.body)
  }
}

/** Waits for each chunk to leave before the next is asked for: it may be borrowed, and a slow client must not fill memory. */
async function writeAll(response: Response, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const writer = createBodyWriter(response)
  try {
    for await (const chunk of bytes) await writer.write(chunk)
  } finally {
    writer.release()
  }
}

/** Fields, and characters of what is said of each: a refusal must not be as long as what it refuses. */
const MAX_SHOWN_ERRORS = 20
const MAX_SHOWN_LENGTH = 300

function validationProblem(error: ZodError): Problem {
  const errors = error.issues.slice(0, MAX_SHOWN_ERRORS).map(({ path, message }) => ({
    field: path.join('.').slice(0, MAX_SHOWN_LENGTH),
    message: message.slice(0, MAX_SHOWN_LENGTH),
  }))
  const [first] = errors
  const summary = first === undefined ? 'the request is not valid' : `${first.field || 'body'}: ${first.message}`
  return new Problem(400, 'BODY_INVALID', summary, { errors })
}
