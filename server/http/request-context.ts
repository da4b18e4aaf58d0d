import type { IncomingMessage, ServerResponse } from 'node:http'

/** What the listener knows of a request before anybody looks at its path. */
export interface RequestContext {
  /** Names this request in the log, in errors and in the audit trail. */
  readonly id: string
  /** The client's IP address, seen through trusted proxies. */
  readonly address: string
  /** Scheme and host as the client wrote them, `https://registry.example:5000`, seen through trusted proxies. */
  readonly origin: string
  /** `performance.now()` at the request's arrival. */
  readonly startedAt: number
  /** The name of the route, for log and metrics; never the path, which is unbounded. Set by whoever routes. */
  route: string
  /** Who asks, for the log. Set by whoever authenticates. */
  subject: string
}

/** Something that answers requests. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse, context: RequestContext) => void

/** Told of what the client never hears: a fault of ours, with its cause. */
export type ReportFault = (error: unknown, context: RequestContext) => void
