import { pathOf, type RepositoryName } from '../../../oci/repository-name.ts'
import type { AccountId, RepositoryId } from '../identities.ts'
import type { ManifestKind } from '../manifests.ts'
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
  'search_document.kinds',
  'search_document.platforms',
  'search_document.labels',
  'repository.id',
  'repository.account_id',
  'repository.name',
  'repository.visibility',
  'repository.created_at',
  'repository.pushed_at',
  'repository.version',
  'repository.state',
  'repository.successor',
  'repository.description',
  'repository.stars',
  'repository.pulls',
  'repository.last_pulled_at',
  'repository.recent_pulls',
].join(', ')

/** A row as an array: hundreds of wide rows as objects take longer to make than to find. */
type CandidateRow = readonly [
  position: number,
  kinds: string,
  platforms: string,
  labels: string,
  id: number,
  accountId: number,
  name: string,
  visibility: Visibility,
  createdAt: number,
  pushedAt: number | null,
  version: number,
  state: RepositoryState,
  successor: string | null,
  description: string,
  stars: number,
  pulls: number,
  lastPulledAt: number | null,
  recentPulls: number,
]

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

/** Every candidate that matches, from the best known down; a viewer's condition and an end go with it. */
const FOUND = `${COLUMNS}
  FROM search_text CROSS JOIN search_document ON search_document.id = search_text.rowid
  CROSS JOIN repository ON repository.id = search_document.repository_id
  WHERE search_text MATCH @match AND search_text.rowid < @before
    AND (@pushedSince IS NULL OR repository.pushed_at >= @pushedSince)
    AND (@pushedBefore IS NULL OR repository.pushed_at < @pushedBefore)
    AND (@minStars IS NULL OR repository.stars >= @minStars)
    AND (@maxStars IS NULL OR repository.stars <= @maxStars)
    AND (@parts IS NULL OR name_has(repository.name, @parts))`

const FROM_THE_TOP = 'ORDER BY search_text.rowid DESC LIMIT @limit'

/**
 * Makes the function that walks over the documents that match, from the best known down, and stops when it has enough
 * of those that the viewer may pull. The index is asked for what the viewer may see at most, so the walk is hardly longer
 * than what it finds. Of each document it is looked up whether the viewer may see it: by its owner, where that says all.
 */
export function createCandidateReader(context: StoreContext): (viewer: Viewer) => CandidateReader {
  const { db, now } = context
  const findHeldAccounts = createHeldAccounts(db)
  db.function('name_has', { deterministic: true }, (name: string, parts: string) => {
    const key = keyOf(pathOf(name as RepositoryName))
    return Number((JSON.parse(parts) as string[]).every((part) => key.includes(part)))
  })
  const ofAll = db.prepare<[CandidateParameters], CandidateRow>(`SELECT ${FOUND} ${FROM_THE_TOP}`)
  const ofAccounts = db.prepare<[CandidateParameters], CandidateRow>(`
    SELECT ${FOUND} AND (repository.visibility = 'public'
      OR repository.account_id IN (SELECT value FROM json_each(@accounts))) ${FROM_THE_TOP}`)
  const ofViewer = preparePerViewer<CandidateParameters, CandidateRow>(
    db,
    (kind) => `${selectVisibleSql(kind, FOUND)} ${FROM_THE_TOP}`,
  )

  return (viewer) => {
    const held = findHeldAccounts(viewer)
    const statement = { all: ofAll, whole: ofAccounts, some: ofViewer(viewer) }[held.kind].raw()
    const accounts = held.kind === 'all' ? undefined : held.ids
    const parameters = { ...viewerParameters(viewer), accounts: JSON.stringify(accounts ?? []) }
    return {
      async list({ match, filters, before, limit }) {
        const rows = statement.all({
          ...parameters,
          match: matchExpression({ match, filters, ownerIds: accounts, now: now() }),
          parts: match.how === 'substring' ? JSON.stringify(match.keys) : null,
          before: before ?? TOP,
          ...limitsOf(filters),
          limit,
        })
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
  // Hundreds of documents have few different lists between them.
  const parsed = new Map<string, unknown>()
  const parse = (json: string): unknown => {
    const value: unknown = parsed.get(json) ?? JSON.parse(json)
    parsed.set(json, value)
    return value
  }
  return rows.map((row) => toCandidate(row, parse))
}

function toCandidate(row: CandidateRow, parse: (json: string) => unknown): SearchCandidate {
  const [position, kinds, platforms, labels, id, accountId, name, visibility, createdAt, pushedAt, version, ...rest] =
    row
  const [state, successor, description, stars, pulls, lastPulledAt, recentPulls] = rest
  return {
    position: position as SearchPosition,
    kinds: parse(kinds) as ManifestKind[],
    platforms: parse(platforms) as string[],
    labels: parse(labels) as Record<string, string>,
    repository: {
      id: id as RepositoryId,
      name: name as RepositoryName,
      ownerId: accountId as AccountId,
      visibility,
      createdAt,
      pushedAt: pushedAt ?? undefined,
      version,
      state,
      successor: (successor ?? undefined) as RepositoryName | undefined,
      description,
      stars,
      pulls,
      lastPulledAt: lastPulledAt ?? undefined,
      recentPulls,
    },
  }
}
