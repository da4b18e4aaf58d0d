import express, { type Request, type Response } from 'express'
import { Problem } from './problem.ts'

/** A JSON body on the API: more than a README, the largest of all, takes with each of its characters escaped. */
const MAX_JSON = '2mb'

/** Reads the body of a request into `request.body`. */
export type ReadJsonBody = (request: Request, response: Response) => Promise<void>

/**
 * Reads bodies in JSON, and no others: what a form on another site's page can send (text, forms) is not even looked at
 * (S22), and whoever forgot the header is told instead of being taken for one who sent nothing.
 */
export function createReadJsonBody(): ReadJsonBody {
  const parseJson = express.json({ limit: MAX_JSON, strict: true })
  return async (request, response) => {
    if (hasBody(request) && request.is('application/json') === false) {
      throw new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'send the body as JSON, with Content-Type: application/json')
    }
    await new Promise<void>((resolve, reject) => {
      parseJson(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
    })
  }
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
