import { ago } from '../../output/ago.ts'
import type { Column } from '../../output/column.ts'

/** A repository, as lists of the API have it. */
export interface Repository {
  readonly name: string
  readonly visibility: 'private' | 'public'
  readonly description: string
  readonly state: 'active' | 'deprecated' | 'archived'
  readonly successor: string | null
  readonly stars: number
  readonly pulls: number
  readonly lastPulledAt: string | null
  readonly createdAt: string
  readonly pushedAt: string | null
}

/** A repository by itself. */
export interface RepositoryDetails extends Repository {
  readonly readme: string
  readonly labels: Readonly<Record<string, string>>
  readonly isStarred: boolean
  readonly permission: string
}

/** How much a repository has, as `GET …/usage` answers. */
export interface Usage {
  readonly bytes: number
  /** Of these, what no other repository has that one may pull. */
  readonly uniqueBytes: number
  readonly sharedBytes: number
  readonly blobs: number
}

/** Repositories as lists show them. */
export const REPOSITORY_COLUMNS: readonly Column<Repository>[] = [
  { heading: 'NAME', key: 'name', value: ({ name }) => name, style: () => 'strong' },
  {
    heading: 'VISIBILITY',
    key: 'visibility',
    value: ({ visibility }) => visibility,
    style: ({ visibility }) => (visibility === 'public' ? 'warning' : undefined),
  },
  {
    heading: 'PUSHED',
    key: 'pushedAt',
    value: ({ pushedAt }) => pushedAt,
    show: ({ pushedAt }) => ago(pushedAt, Date.now()),
  },
  { heading: 'PULLS', key: 'pulls', value: ({ pulls }) => pulls, align: 'right' },
  { heading: 'STARS', key: 'stars', value: ({ stars }) => stars, align: 'right' },
  { heading: 'STATE', key: 'state', value: ({ state }) => state },
  { heading: 'DESCRIPTION', key: 'description', value: ({ description }) => description, isElastic: true },
]
