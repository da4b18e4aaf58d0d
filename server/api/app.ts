import type { IncomingMessage, ServerResponse } from 'node:http'
import express, { type NextFunction, type Request, type Response } from 'express'
import { ZodError } from 'zod'
import type { Authenticate } from '../access/authenticate.ts'
import { ANONYMOUS, type Credential, subjectName } from '../access/credential.ts'
import type { ReportFault, RequestContext, RequestHandler } from '../http/request-context.ts'
import { Problem, sendProblem, toProblem } from './problem.ts'
import type { ApiRoute, ApiRule } from './route.ts'

/** Bytes of a JSON body on the API. */
const MAX_JSON = '1mb'

/** A plain page outside `/api/v1`: health, metrics, keys. */
export interface Page {
  readonly path: string
  /** For log and metrics. */
  readonly name: string
  readonly access: ApiRule
  handle(response: Response): Promise<void>
}

/** Everything that is not the registry's wire, on Express. */
export function createApp(deps: {
  readonly routes: readonly ApiRoute[]
  readonly pages: readonly Page[]
  readonly authenticate: Authenticate
  readonly reportFault: ReportFault
}): RequestHandler {
  const { routes, pages, authenticate, reportFault } = deps
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

  async function admit(request: IncomingMessage, rule: ApiRule): Promise<Credential> {
    const context = contextOf(request)
    const authentication = await authenticate(request.headers.authorization, { graceMs: 0 })
    if (authentication.kind === 'refused') throw new Problem(401, 'UNAUTHORIZED', authentication.reason)
    const credential = authentication.kind === 'none' ? ANONYMOUS : authentication.credential
    context.subject = subjectName(credential.subject)
    requireRule(credential, rule)
    return credential
  }

  for (const page of pages) {
    app.get(page.path, async (request, response) => {
      contextOf(request).route = page.name
      if (page.access.kind !== 'public') await admit(request, page.access)
      await page.handle(response)
    })
  }

  const parseJson = express.json({ limit: MAX_JSON, strict: true })
  for (const route of routes) {
    app[route.method](`/api/v1${route.path}`, parseJson, async (request: Request, response: Response) => {
      const context = contextOf(request)
      context.route = `${route.method} ${route.path}`
      const credential = await admit(request, route.access)
      const caller = { credential, address: context.address, requestId: context.id }
      const query = new URL(request.originalUrl, 'http://localhost').searchParams
      const parameters = request.params as Record<string, string>
      const { status, body } = await route.handle({ parameters, query, body: request.body, credential, caller })
      if (body === undefined) response.status(status).end()
      else response.status(status).json(body)
    })
  }

  app.use((request, _response) => {
    throw new Problem(404, 'NOT_FOUND', `there is nothing at ${request.method} ${request.path.slice(0, 200)}`)
  })
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const context = contextOf(request)
    const problem = error instanceof ZodError ? bodyProblem(error) : toProblem(error, context.id)
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

/** @throws Problem 401 for whoever must log in, 403 for whoever may not. */
function requireRule({ subject, narrowing }: Credential, rule: ApiRule): void {
  if (rule.kind === 'public' || rule.kind === 'by-object') return
  if (subject.kind === 'anonymous')
    throw new Problem(401, 'UNAUTHORIZED', 'log in first: send a user name and a password, or a token')
  if (rule.kind === 'authenticated') return
  const { role } = subject.account
  const isEnough = role === 'admin' || (role === 'auditor' && rule.kind === 'instance-auditor')
  if (!isEnough || narrowing !== undefined) {
    throw new Problem(403, 'DENIED', 'this is for administrators of the registry, with their password')
  }
}

function bodyProblem(error: ZodError): Problem {
  const errors = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
  const [first] = errors
  const summary = first === undefined ? 'the body is not valid' : `${first.field || 'body'}: ${first.message}`
  return new Problem(400, 'BODY_INVALID', summary, { errors })
}
