import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'
import { shortDigest } from '../../output/short-digest.ts'
import { size } from '../../output/size.ts'

/** A tag, as `GET …/tags` answers. */
export interface Tag {
  readonly name: string
  readonly digest: string
  readonly kind: string
  readonly platforms: readonly string[]
  readonly storedBytes: number
  readonly pulledBytes: number
  readonly pushedAt: string
  readonly pushedBy: string | null
  readonly pulls: number
  readonly lastPulledAt: string | null
}

/** Tags as lists show them. */
export const TAG_COLUMNS: readonly Column<Tag>[] = [
  { heading: 'TAG', key: 'name', value: ({ name }) => name, style: () => 'strong', isElastic: true },
  { heading: 'DIGEST', key: 'digest', value: ({ digest }) => digest, show: ({ digest }) => shortDigest(digest) },
  { heading: 'PLATFORMS', key: 'platforms', value: ({ platforms }) => platforms.join(','), isElastic: true },
  {
    heading: 'SIZE',
    key: 'pulledBytes',
    value: ({ pulledBytes }) => pulledBytes,
    show: ({ pulledBytes }) => size(pulledBytes),
    align: 'right',
  },
  {
    heading: 'PUSHED',
    key: 'pushedAt',
    value: ({ pushedAt }) => pushedAt,
    show: ({ pushedAt }) => ago(pushedAt, Date.now()),
  },
  { heading: 'BY', key: 'pushedBy', value: ({ pushedBy }) => pushedBy, isElastic: true },
  { heading: 'PULLS', key: 'pulls', value: ({ pulls }) => pulls, align: 'right' },
]
