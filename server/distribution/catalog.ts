import type { ListContent } from '../registry/list-content.ts'
import { type ExchangeOn, respond } from './exchange.ts'
import { nextLink, parsePageRequest } from './paging.ts'

/** `GET /v2/_catalog`: the repositories that the caller may pull. */
export function createCatalog({ listContent }: { readonly listContent: ListContent }) {
  return async (exchange: ExchangeOn<'catalog'>): Promise<void> => {
    const page = parsePageRequest(exchange.query)
    const { items, next } = await listContent.repositories(exchange.credential, page)
    const body = JSON.stringify({ repositories: items })
    const headers = ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))]
    if (next !== undefined && page.limit > 0) {
      headers.push('Link', nextLink('/v2/_catalog', { n: String(page.limit), last: next }))
    }
    respond(exchange, 200, headers, body)
  }
}
