import { z } from 'zod'
import type { Page } from '../../storage/metadata/page.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/** `?limit=&after=`, the parameters of every list. A limit beyond the largest is the largest, however long it is (S12). */
export const pageParameters = {
  limit: z
    .string()
    .regex(/^0*[1-9]\d{0,20}$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform((text) => Math.min(Number(text), MAX_LIMIT))
    .default(DEFAULT_LIMIT)
    .meta({ description: `At most this many items; ${DEFAULT_LIMIT} unless told, ${MAX_LIMIT} at most` }),
  after: z.string().max(500).optional().meta({ description: 'The `next` of the page before' }),
}

/** The query of a list that takes nothing else. */
export const pageQuery = z.strictObject(pageParameters).transform(toPageRequest)

/** A page request as stores take it. */
export function toPageRequest({ limit, after }: { limit: number; after?: string | undefined }) {
  return { limit, after }
}

/** The schema of a page of something. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().optional().meta({ description: 'Where the next page starts; absent on the last' }),
  })
}

/** A page as the API shows it. */
export function showPage<T, Shown>({ items, next }: Page<T>, show: (item: T) => Shown) {
  return { items: items.map(show), ...(next === undefined ? {} : { next }) }
}
