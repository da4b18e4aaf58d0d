import { expect } from 'vitest'
import { z } from 'zod'
import { describeExchange, expectStatus } from './expect-status.ts'
import type { UploadTarget } from './upload-blob.ts'

const TAG_LIST = z.strictObject({ name: z.string(), tags: z.array(z.string()) })

/** One page of a tag list. */
export interface TagPage {
  readonly tags: readonly string[]
  /** Where the next page is, if there is one. */
  readonly next: string | undefined
}

/** Fetches a page of tags; `n` and `last` are the parameters of distribution-spec end-8b. */
export async function listTags(
  { client, repository }: UploadTarget,
  query: { readonly n?: number; readonly last?: string } | { readonly next: string } = {},
): Promise<TagPage> {
  const response = await client.send({ method: 'GET', url: 'next' in query ? query.next : pathOf(repository, query) })
  expectStatus(response, 200)
  const { name, tags } = TAG_LIST.parse(JSON.parse(response.body.toString()))
  expect(name).toBe(repository)
  const link = response.headers['link']?.toString()
  if (link === undefined) return { tags, next: undefined }
  const next = /^<([^>]+)>; rel="next"$/.exec(link)?.[1]
  expect(next, describeExchange(response)).toBeDefined()
  return { tags, next }
}

function pathOf(repository: string, query: { readonly n?: number; readonly last?: string }): string {
  const parameters = new URLSearchParams()
  if (query.n !== undefined) parameters.set('n', String(query.n))
  if (query.last !== undefined) parameters.set('last', query.last)
  const path = `/v2/${repository}/tags/list`
  return parameters.size === 0 ? path : `${path}?${parameters}`
}
