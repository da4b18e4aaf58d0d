import type { Page, PageRequest } from '../../storage/metadata/page.ts'
import { Problem } from './problem.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/** Reads `?limit=&after=`. @throws Problem 400 */
export function parsePage(query: URLSearchParams): PageRequest {
  const limit = query.get('limit')
  if (limit !== null && !/^[1-9]\d{0,5}$/.test(limit)) {
    throw new Problem(400, 'LIMIT_INVALID', `limit must be a whole number from 1 to ${MAX_LIMIT}`)
  }
  return {
    after: query.get('after') ?? undefined,
    limit: limit === null ? DEFAULT_LIMIT : Math.min(Number(limit), MAX_LIMIT),
  }
}

/** A page as the API shows it. */
export function showPage<T>({ items, next }: Page<T>, show: (item: T) => unknown) {
  return { items: items.map(show), ...(next === undefined ? {} : { next }) }
}
