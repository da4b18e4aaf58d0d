import type { Statement } from 'better-sqlite3'
import { pathOf, type RepositoryName } from '../../../oci/repository-name.ts'
import type { AccountId, RepositoryId } from '../identities.ts'
import type { RepositoryState, Viewer, Visibility } from '../repositories.ts'
import type { CandidateReader, SearchCandidate, SearchFilters, SearchPosition } from '../search-index.ts'
import { keyOf } from '../search-words.ts'
import { matchExpression } from './search-expression.ts'
import type { StoreContext } from './store-context.ts'
import {
  createHeldAccounts,
  preparePerViewer,
  selectVisibleSql,
  type ViewerParameters,
  viewerParameters,
} from './visible.ts'

/** Above all positions. */
const TOP = Number.MAX_SAFE_INTEGER

/** What is read of a candidate, in this order. */
const COLUMNS = [
  'search_document.id',
  'search_document.images',
  'repository.id',
  'repository.account_id',
  'repository.name',
  'repository.visibility',
  'repository.state',
  'repository.description',
  'repository.stars',
  'repository.recent_pulls',
  'repository.last_pulled_at',
  'repository.pushed_at',
].join(', ')

/** A row as an array: hundreds of rows as objects take longer to make than to find. */
type CandidateRow = readonly [
  position: number,
  images: string,
  id: number,
  accountId: number,
  name: string,
  visibility: Visibility,
  state: RepositoryState,
  description: string,
  stars: number,
  recentPulls: number,
  lastPulledAt: number | null,
  pushedAt: number,
]

type Images = Pick<SearchCandidate, 'kinds' | 'platforms' | 'labels'>

interface CandidateParameters extends ViewerParameters {
  /** Whose private repositories are shown, as a JSON array, where that says all. */
  accounts: string
  match: string
  /** Parts that the name must really have, as a JSON array: grams alone would also find them in another order. */
  parts: string | null
  before: number
  pushedSince: number | null
  pushedBefore: number | null
  minStars: number | null
  maxStars: number | null
  limit: number
}

/** The two lists of documents. */
type TextTable = 'public_text' | 'private_text'

/** The documents of one list that match; a viewer's condition and an end go with it. */
function foundSql(table: TextTable): string {
  return `${COLUMNS}
    FROM ${table} CROSS JOIN search_document ON search_document.id = ${table}.rowid
    CROSS JOIN repository ON repository.id = search_document.repository_id
    WHERE ${table} MATCH @match AND ${table}.rowid < @before
      AND (@pushedSince IS NULL OR repository.pushed_at >= @pushedSince)
      AND (@pushedBefore IS NULL OR repository.pushed_at < @pushedBefore)
      AND (@minStars IS NULL OR repository.stars >= @minStars)
      AND (@maxStars IS NULL OR repository.stars <= @maxStars)
      AND (@parts IS NULL OR name_has(repository.name, @parts))`
}

/** In the order in which FTS5 walks, so that SQLite need not sort and can stop. */
function fromTheTop(table: TextTable): string {
  return `ORDER BY ${table}.rowid DESC LIMIT @limit`
}

/**
 * Makes the function that walks over the documents that match, from the best known down, and stops when it has enough
 * of those that the viewer may pull. What is public is for everybody. Of what is private the index is asked for what the
 * viewer holds at most, so the walk is hardly longer than what it finds; and of each document it is looked up whether the
 * viewer may see it: by its owner, where that says all.
 */
export function createCandidateReader(context: StoreContext): (viewer: Viewer) => CandidateReader {
  const { db, now } = context
  const findHeldAccounts = createHeldAccounts(db)
  db.function('name_has', { deterministic: true }, (name: string, parts: string) => {
    const key = keyOf(pathOf(name as RepositoryName))
    return Number((JSON.parse(parts) as string[]).every((part) => key.includes(part)))
  })
  const prepare = (table: TextTable, condition: string) =>
    db.prepare<[CandidateParameters], CandidateRow>(`SELECT ${foundSql(table)} AND ${condition} ${fromTheTop(table)}`)
  const ofPublic = prepare('public_text', "repository.visibility = 'public'")
  const ofAll = prepare('private_text', 'true')
  const ofAccounts = prepare('private_text', 'repository.account_id IN (SELECT value FROM json_each(@accounts))')
  const ofViewer = preparePerViewer<CandidateParameters, CandidateRow>(
    db,
    (kind) => `${selectVisibleSql(kind, foundSql('private_text'))} ${fromTheTop('private_text')}`,
  )

  return (viewer) => {
    const held = findHeldAccounts(viewer)
    const ofPrivate = { all: ofAll, whole: ofAccounts, some: ofViewer(viewer) }[held.kind]
    const ownerIds = held.kind === 'all' ? undefined : held.ids
    const viewing = { ...viewerParameters(viewer), accounts: JSON.stringify(ownerIds ?? []) }
    return {
      async list({ match, filters, before, limit }) {
        const asked = {
          ...viewing,
          parts: match.how === 'substring' ? JSON.stringify(match.keys) : null,
          before: before ?? TOP,
          ...limitsOf(filters),
          limit,
        }
        const read = (
          statement: Statement<[CandidateParameters], CandidateRow>,
          scope: readonly number[] | undefined,
        ) => statement.raw().all({ ...asked, match: matchExpression({ match, filters, ownerIds: scope, now: now() }) })
        const { visibility } = filters
        const isHeld = ownerIds === undefined || ownerIds.length > 0
        const open = visibility === 'private' ? [] : read(ofPublic, undefined)
        const own = visibility === 'public' || !isHeld ? [] : read(ofPrivate, ownerIds)
        const rows = own.length === 0 ? open : [...open, ...own].sort((a, b) => b[0] - a[0]).slice(0, limit)
        return toCandidates(rows)
      },
    }
  }
}

function limitsOf({ pushedSince, pushedBefore, minStars, maxStars }: SearchFilters) {
  return {
    pushedSince: pushedSince ?? null,
    pushedBefore: pushedBefore ?? null,
    minStars: minStars ?? null,
    maxStars: maxStars ?? null,
  }
}

function toCandidates(rows: readonly CandidateRow[]): SearchCandidate[] {
  // Hundreds of documents have few different images between them.
  const parsed = new Map<string, Images>()
  return rows.map((row) => {
    const [position, json, id, ownerId, name, visibility, state, description, stars, recentPulls, ...times] = row
    const [lastPulledAt, pushedAt] = times
    const images = parsed.get(json) ?? (JSON.parse(json) as Images)
    parsed.set(json, images)
    return {
      position: position as SearchPosition,
      kinds: images.kinds,
      platforms: images.platforms,
      labels: images.labels,
      repository: {
        id: id as RepositoryId,
        name: name as RepositoryName,
        ownerId: ownerId as AccountId,
        visibility,
        state,
        description,
        stars,
        recentPulls,
        lastPulledAt: lastPulledAt ?? undefined,
        pushedAt,
      },
    }
  })
}
