import { z } from 'zod'
import { createOpenApiDocument, type OpenApiDocument } from './openapi-document.ts'
import { type ApiRoute, apiRoute } from './route.ts'

/** The API's description. */
export type DescribeApi = () => OpenApiDocument

/**
 * Makes the description when somebody first asks for it, and keeps it: a start should not wait for it.
 * @param deps.routes asked at that time, so that the description's own route can be among them.
 */
export function createDescribeApi(deps: {
  readonly routes: () => readonly ApiRoute[]
  /** Of Kontor. */
  readonly version: string
}): DescribeApi {
  let document: OpenApiDocument | undefined
  return () => {
    document ??= createOpenApiDocument(deps.routes(), deps.version)
    return document
  }
}

const shownDocument = z
  .looseObject({ openapi: z.string(), info: z.looseObject({ title: z.string(), version: z.string() }) })
  .meta({ id: 'OpenApiDocument' })

/** `/openapi.json`: the API for programs that read, check or generate. */
export function createOpenApiRoutes(describe: DescribeApi): ApiRoute[] {
  return [
    apiRoute({
      method: 'get',
      path: '/openapi.json',
      summary: 'Read this description as OpenAPI 3.1',
      access: { kind: 'public' },
      result: shownDocument,
      statuses: [200],
      handle: async () => ({ status: 200, body: describe() }),
    }),
  ]
}
