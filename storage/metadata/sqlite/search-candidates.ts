import type { Statement } from 'better-sqlite3'
import { pathOf, type RepositoryName } from '../../../oci/repository-name.ts'
import type { AccountId, RepositoryId } from '../identities.ts'
import type { RepositoryState, Viewer, Visibility } from '../repositories.ts'
import type { CandidateReader, SearchCandidate, SearchFilters, SearchPosition } from '../search-index.ts'
import { keyOf } from '../search-words.ts'
import { popularityAt } from './document-position.ts'
import { createPublicLists } from './public-lists.ts'
import { matchExpression, type TokenScope } from './search-expression.ts'
import { unique } from './search-tokens.ts'
import type { StoreContext } from './store-context.ts'
import { shardOf, UNSHARDED } from './token-shards.ts'
import {
  createHeldAccounts,
  type HeldAccounts,
  preparePerViewer,
  selectVisibleSql,
  type ViewerParameters,
  viewerParameters,
} from './visible.ts'

/** Looking into more shards than this takes longer than walking past what one may not see. */
const MAX_SHARDS = 50

/** Above all positions. */
const TOP = Number.MAX_SAFE_INTEGER

/** What is read of a candidate besides its position, in this order. */
const COLUMNS = 'repository_id, account_id, name, repository.visibility, state, description, pushed_at, images'

/** A row as an array: hundreds of rows as objects take longer to make than to find. */
type CandidateRow = readonly [
  position: number,
  id: number,
  accountId: number,
  name: string,
  visibility: Visibility,
  state: RepositoryState,
  description: string,
  pushedAt: number,
  images: string,
]

type Images = Pick<SearchCandidate, 'kinds' | 'platforms' | 'labels'>

interface CandidateParameters extends ViewerParameters {
  /** Whose private repositories are shown, as a JSON array, where that says all. */
  accounts: string
  /** What is asked of either list. */
  public_text: string
  private_text: string
  /** Parts that the name must really have, as a JSON array: grams alone would also find them in another order. */
  parts: string | null
  before: number
  /** 1 when any of the limits below is to be looked at. */
  isLimited: 0 | 1
  pushedSince: number
  pushedBefore: number
  minStars: number
  maxStars: number
  limit: number
}

/** The two lists of documents. */
type TextTable = 'public_text' | 'private_text'

/**
 * The documents of one list that match; a viewer's condition goes with it, which finds in the document all that it asks
 * of a repository. The repository itself is only looked up where numbers are asked for that change every day.
 */
function foundSql(table: TextTable): string {
  return `${table}.rowid, ${COLUMNS}
    FROM ${table} CROSS JOIN search_document AS repository ON repository.id = ${table}.rowid
    WHERE ${table} MATCH @${table} AND ${table}.rowid < @before
      AND (@isLimited = 0 OR EXISTS (
        SELECT 1 FROM repository AS now WHERE now.id = repository.repository_id
          AND now.pushed_at >= @pushedSince AND now.pushed_at < @pushedBefore
          AND now.stars >= @minStars AND now.stars <= @maxStars))
      AND (@parts IS NULL OR name_has(repository.name, @parts))`
}

const PUBLIC = `${foundSql('public_text')} AND repository.visibility = 'public'`
const PRIVATE = foundSql('private_text')
const BOTH = `${PUBLIC} UNION ALL SELECT ${PRIVATE}`

/**
 * In the order in which FTS5 walks, so that SQLite need not sort and can stop. It merges the two lists as it walks, too:
 * because the first column is the row's number in either list, and no other column that is the same.
 */
const FROM_THE_TOP = 'ORDER BY 1 DESC LIMIT @limit'

/**
 * Makes the function that walks over the documents that match, from the best known down, and stops when it has enough
 * of those that the viewer may pull. What is public is for everybody. Of what is private the index is asked for what the
 * viewer holds at most, so the walk is hardly longer than what it finds; and of each document it is looked up whether the
 * viewer may see it: by its owner, where that says all.
 */
export function createCandidateReader(context: StoreContext): (viewer: Viewer) => CandidateReader {
  const { db, now } = context
  const findHeldAccounts = createHeldAccounts(db)
  const openPublicLists = createPublicLists(db)
  db.function('name_has', { deterministic: true }, (name: string, parts: string) => {
    const key = keyOf(pathOf(name as RepositoryName))
    return Number((JSON.parse(parts) as string[]).every((part) => key.includes(part)))
  })
  const prepare = (sql: string) => db.prepare<[CandidateParameters], CandidateRow>(`${sql} ${FROM_THE_TOP}`).raw()
  const ofPublic = prepare(`SELECT ${PUBLIC}`)
  /** Statements over what is private, alone or merged with what is public. */
  const withPrivate = (found: string) => {
    const ofAll = prepare(`SELECT ${found}`)
    const ofAccounts = prepare(`SELECT ${found} AND repository.account_id IN (SELECT value FROM json_each(@accounts))`)
    const ofViewer = preparePerViewer<CandidateParameters, CandidateRow>(
      db,
      (kind) => `${selectVisibleSql(kind, found)} ${FROM_THE_TOP}`,
    )
    return (viewer: Viewer, held: HeldAccounts): Statement<[CandidateParameters], CandidateRow> =>
      ({ all: () => ofAll, whole: () => ofAccounts, some: () => ofViewer(viewer).raw() })[held.kind]()
  }
  const ofPrivate = withPrivate(PRIVATE)
  const ofBoth = withPrivate(BOTH)

  return (viewer) => {
    const held = findHeldAccounts(viewer)
    const publicLists = openPublicLists()
    const ownerIds = held.kind === 'all' ? undefined : held.ids
    const viewing = { ...viewerParameters(viewer), accounts: JSON.stringify(ownerIds ?? []) }
    const scope = ownerIds === undefined ? EVERYWHERE : scopeOf(ownerIds)
    const hasPrivate = ownerIds === undefined || ownerIds.length > 0

    function statementFor(visibility: Visibility | undefined) {
      if (visibility === 'private') return hasPrivate ? ofPrivate(viewer, held) : undefined
      return visibility === 'public' || !hasPrivate ? ofPublic : ofBoth(viewer, held)
    }

    return {
      async list({ match, filters, before, limit }) {
        const statement = statementFor(filters.visibility)
        if (statement === undefined) return []
        const asked = { match, filters, now: now() }
        // A statement over one list looks at the expression for that one only.
        const expressionFor = (list: Visibility, tokens: TokenScope) =>
          (filters.visibility ?? list) === list ? matchExpression({ ...asked, scope: tokens }) : ''
        const question = {
          public_text: expressionFor('public', EVERYWHERE),
          parts: match.how === 'substring' ? JSON.stringify(match.keys) : null,
          before: before ?? TOP,
          ...limitsOf(filters),
          limit,
        }
        const read = () => {
          const rows = statement.all({ ...viewing, ...question, private_text: expressionFor('private', scope) })
          return { candidates: toCandidates(rows), bytes: bytesOf(rows) }
        }
        // Numbers that are asked for change without any document.
        const isKept = statement === ofPublic && question.isLimited === 0
        return (isKept ? publicLists.list(JSON.stringify(question), read) : read()).candidates
      },
    }
  }
}

const EVERYWHERE: TokenScope = { shards: [UNSHARDED], ownerIds: undefined }

function scopeOf(ownerIds: readonly number[]): TokenScope {
  const shards = unique(ownerIds.map(shardOf))
  return { shards: shards.length > MAX_SHARDS ? [UNSHARDED] : shards, ownerIds }
}

function limitsOf({ pushedSince, pushedBefore, minStars, maxStars }: SearchFilters) {
  const limits = [pushedSince, pushedBefore, minStars, maxStars]
  return {
    isLimited: limits.some((limit) => limit !== undefined) ? 1 : 0,
    pushedSince: pushedSince ?? 0,
    pushedBefore: pushedBefore ?? TOP,
    minStars: minStars ?? 0,
    maxStars: maxStars ?? TOP,
  } as const
}

/** What a candidate takes besides its texts. */
const CANDIDATE_BYTES = 500

/** What the candidates of some rows take in memory, about. */
function bytesOf(rows: readonly CandidateRow[]): number {
  return rows.reduce((sum, [, , , , , , description, , images]) => {
    return sum + CANDIDATE_BYTES + description.length + images.length
  }, 0)
}

function toCandidates(rows: readonly CandidateRow[]): SearchCandidate[] {
  // Hundreds of documents have few different images between them.
  const parsed = new Map<string, Images>()
  return rows.map((row) => {
    const [position, id, ownerId, name, visibility, state, description, pushedAt, json] = row
    const images = parsed.get(json) ?? (JSON.parse(json) as Images)
    parsed.set(json, images)
    return {
      position: position as SearchPosition,
      popularity: popularityAt(position),
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
        pushedAt,
      },
    }
  })
}
