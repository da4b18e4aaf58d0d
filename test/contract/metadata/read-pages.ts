import type { Page, PageRequest } from '../../../storage/metadata/page.ts'

/** Reads a list to its end, as a client does: each page from where the one before said that the next begins. */
export async function readPages<T>(
  readPage: (request: PageRequest) => Promise<Page<T>>,
  limit: number,
): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = []
  let after: string | undefined
  do {
    const page = await readPage({ after, limit })
    pages.push(page.items)
    after = page.next
  } while (after !== undefined)
  return pages
}
