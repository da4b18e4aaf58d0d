import type { ListContent } from '../registry/list-content.ts'
import { type ExchangeOn, nameOf, placeOf, respond } from './exchange.ts'
import { nextLink, parsePageRequest } from './paging.ts'

/** `GET /v2/<name>/tags/list` */
export function createTagsList({ listContent }: { readonly listContent: ListContent }) {
  return async (exchange: ExchangeOn<'tags'>): Promise<void> => {
    const name = nameOf(exchange.path)
    const page = parsePageRequest(exchange.query)
    const { items, next } = await listContent.tags(placeOf(exchange).repository, page)
    const body = JSON.stringify({ name, tags: items })
    const headers = ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))]
    // n=0 asks for nothing, so there is nothing to go on from.
    if (next !== undefined && page.limit > 0) {
      headers.push('Link', nextLink(`/v2/${name}/tags/list`, { n: String(page.limit), last: next }))
    }
    respond(exchange, 200, headers, body)
  }
}
