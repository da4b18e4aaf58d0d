import { expect } from 'vitest'
import { z } from 'zod'
import { TYPES } from './content.ts'
import { describeExchange, expectStatus } from './expect-status.ts'
import type { UploadTarget } from './upload-blob.ts'

const REFERRERS = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(TYPES.index),
  manifests: z.array(z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.number() })),
})

/** What a registry knows of a manifest's referrers. */
export interface ReferrersList {
  /** Descriptors with all their members. */
  readonly manifests: z.infer<typeof REFERRERS>['manifests']
  /** Which of the asked filters the registry says it has applied. */
  readonly filters: readonly string[]
}

/** Fetches the referrers of a digest (distribution-spec end-12); it is an index, exactly labelled as one. */
export async function listReferrers(
  { client, repository }: UploadTarget,
  subject: string,
  artifactType?: string,
): Promise<ReferrersList> {
  const query = artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType })}`
  const response = await client.send({ method: 'GET', url: `/v2/${repository}/referrers/${subject}${query}` })
  expectStatus(response, 200)
  expect(response.headers['content-type'], describeExchange(response)).toBe(TYPES.index)
  const { manifests } = REFERRERS.parse(JSON.parse(response.body.toString()))
  const filters = response.headers['oci-filters-applied']?.toString() ?? ''
  return { manifests, filters: filters.split(/\s*,\s*/) }
}
