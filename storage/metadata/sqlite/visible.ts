import type { Database, Statement } from 'better-sqlite3'
import type { Viewer } from '../repositories.ts'

/** What a statement that knows its viewer is run with, besides parameters of its own. */
export interface ViewerParameters {
  /** The user or robot; null for other viewers. */
  readonly viewerId: number | null
  /** The patterns that a narrowed credential is held to, as a JSON array; `**` for one that is not. */
  readonly within: string
}

export function viewerParameters(viewer: Viewer): ViewerParameters {
  return {
    viewerId: viewer.kind === 'user' ? viewer.userId : viewer.kind === 'robot' ? viewer.robotId : null,
    within: JSON.stringify(viewer.within ?? ['**']),
  }
}

/** One statement for each kind of viewer, prepared at its first use and kept. */
export function preparePerViewer<Parameters extends ViewerParameters, Row>(
  db: Database,
  sqlFor: (kind: Viewer['kind']) => string,
): (viewer: Viewer) => Statement<[Parameters], Row> {
  const statements = new Map<Viewer['kind'], Statement<[Parameters], Row>>()
  return ({ kind }) => {
    const statement = statements.get(kind) ?? db.prepare<[Parameters], Row>(sqlFor(kind))
    statements.set(kind, statement)
    return statement
  }
}

/**
 * The table `span`: what of which namespace a viewer may pull, private repositories included. A `**` hides whatever
 * else is held in the namespace, so that who may pull all of it does not pay for the grants of a hundred teams.
 */
const SPANS: Readonly<Record<'user' | 'robot', string>> = {
  user: `
    whole (account_id) AS MATERIALIZED (
      SELECT @viewerId
      UNION
      SELECT organization_member.organization_id FROM organization_member
      JOIN account ON account.id = organization_member.organization_id
      WHERE organization_member.user_id = @viewerId
        AND (organization_member.role <> 'member' OR account.base_permission <> 'none')
      UNION
      SELECT organization_id FROM access_grant INDEXED BY access_grant_user_idx
      WHERE user_id = @viewerId AND pattern = '**'
      UNION
      SELECT team.organization_id FROM team_member CROSS JOIN team ON team.id = team_member.team_id
      CROSS JOIN access_grant INDEXED BY access_grant_team_idx
        ON access_grant.team_id = team.id AND access_grant.prefix = '' AND access_grant.pattern = '**'
      WHERE team_member.user_id = @viewerId
    ),
    span (account_id, pattern, prefix) AS MATERIALIZED (
      SELECT account_id, '**', '' FROM whole
      UNION
      SELECT organization_id, pattern, prefix FROM access_grant INDEXED BY access_grant_user_idx
      WHERE user_id = @viewerId AND organization_id NOT IN whole
      UNION
      SELECT team.organization_id, access_grant.pattern, access_grant.prefix FROM team_member
      CROSS JOIN team ON team.id = team_member.team_id AND team.organization_id NOT IN whole
      CROSS JOIN access_grant INDEXED BY access_grant_team_idx ON access_grant.team_id = team.id
      WHERE team_member.user_id = @viewerId
    )`,
  robot: `
    span (account_id, pattern, prefix) AS MATERIALIZED (
      SELECT organization_id, pattern, prefix FROM access_grant INDEXED BY access_grant_robot_idx
      WHERE robot_id = @viewerId
    )`,
}

/** Whether a pattern covers a name, without asking for the one that covers everything. */
function covers(pattern: string, name: string): string {
  return `(${pattern} = '**' OR covers(${pattern}, ${name}))`
}

const PATH = "substr(repository.name, instr(repository.name, '/') + 1)"

/**
 * Where names end that begin with a prefix, or, for an exact pattern, that are it. Names are made of letters, digits and
 * `-._/`: `!` comes before all of these and `~` after them.
 */
function stopSql(start: string, prefix: string, pattern: string): string {
  return `${start} || iif(${prefix} = ${pattern}, '!', '~')`
}

/** The table `held`: each span with the range of names that it lies in, from `first` (inclusive) to `stop` (exclusive). */
function heldSql(kind: 'user' | 'robot'): string {
  const first = "account.name || '/' || span.prefix"
  return `
    ${SPANS[kind]},
    held (account_id, pattern, first, stop) AS MATERIALIZED (
      SELECT span.account_id, span.pattern, ${first}, ${stopSql(first, 'span.prefix', 'span.pattern')}
      FROM span CROSS JOIN account ON account.id = span.account_id
    )`
}

/**
 * A statement that reads rows with `repository` among them, of those repositories only that the viewer may pull.
 * @param rest what follows `SELECT`, up to a `WHERE` and conditions of its own.
 */
export function selectVisibleSql(kind: Viewer['kind'], rest: string): string {
  const isWithin = `EXISTS (SELECT 1 FROM json_each(@within) WHERE ${covers('value', 'repository.name')})`
  switch (kind) {
    case 'anonymous':
      return `SELECT ${rest} AND repository.visibility = 'public'`
    case 'everything':
      return `SELECT ${rest} AND (repository.visibility = 'public' OR ${isWithin})`
    case 'user':
    case 'robot':
      return `WITH ${heldSql(kind)} SELECT ${rest} AND (repository.visibility = 'public' OR ${isWithin} AND EXISTS (
        SELECT 1 FROM held WHERE held.account_id = repository.account_id
          AND repository.name >= held.first AND repository.name < held.stop AND ${covers('held.pattern', PATH)}))`
  }
}

/** In how many namespaces a viewer may hold something private for them to be told one by one. */
const MAX_HELD_ACCOUNTS = 200

/** In whose namespaces a viewer may pull private repositories. */
export type HeldAccounts =
  | { readonly kind: 'all' }
  /** All repositories of these accounts. */
  | { readonly kind: 'whole'; readonly ids: readonly number[] }
  /** Some repositories of these accounts; undefined when these are too many. */
  | { readonly kind: 'some'; readonly ids: readonly number[] | undefined }

/** Makes the function that tells where a viewer may pull anything private. */
export function createHeldAccounts(db: Database): (viewer: Viewer) => HeldAccounts {
  const select = (kind: 'user' | 'robot') =>
    db.prepare<[{ viewerId: number | null }], { id: number; isWhole: number }>(`
      WITH ${SPANS[kind]}
      SELECT account_id AS id, max(pattern = '**') AS isWhole FROM span
      GROUP BY account_id LIMIT ${MAX_HELD_ACCOUNTS + 1}`)
  const statements = { user: select('user'), robot: select('robot') }
  return (viewer) => {
    const isNarrowed = viewer.within !== undefined
    if (viewer.kind === 'anonymous') return { kind: 'whole', ids: [] }
    if (viewer.kind === 'everything') return isNarrowed ? { kind: 'some', ids: undefined } : { kind: 'all' }
    const held = statements[viewer.kind].all({ viewerId: viewerParameters(viewer).viewerId })
    if (held.length > MAX_HELD_ACCOUNTS) return { kind: 'some', ids: undefined }
    const isWhole = !isNarrowed && held.every((account) => account.isWhole === 1)
    return { kind: isWhole ? 'whole' : 'some', ids: held.map(({ id }) => id) }
  }
}

/** The table `stretch`: where to look for names after `@from`, in one account or, where that is null, in all of them. */
function stretchSql(kind: 'everything' | 'user' | 'robot'): string {
  const narrowing = `
    narrowing (pattern, first, stop) AS MATERIALIZED (
      SELECT pattern, prefix, ${stopSql('prefix', 'prefix', 'pattern')}
      FROM (SELECT value AS pattern, substr(value, 1, instr(value || '*', '*') - 1) AS prefix FROM json_each(@within))
    )`
  if (kind === 'everything') {
    return `
      ${narrowing},
      stretch (account_id, pattern, narrowing, first, stop) AS (
        SELECT NULL, '**', pattern, max(@from, first), stop FROM narrowing
      )`
  }
  return `
    ${heldSql(kind)},
    ${narrowing},
    stretch (account_id, pattern, narrowing, first, stop) AS (
      SELECT held.account_id, held.pattern, narrowing.pattern,
        max(@from, held.first, narrowing.first), min(held.stop, narrowing.stop)
      FROM held CROSS JOIN narrowing
    )`
}

function publicPageSql(columns: string): string {
  return `
    SELECT ${columns} FROM repository
    WHERE visibility = 'public' AND pushed_at IS NOT NULL AND name >= @from ORDER BY name LIMIT @limit`
}

/**
 * A page of what a viewer may pull, in order of name. The table `merged` is a queue, sorted by name, with an entry for
 * each stretch: the first of them is taken out, the next repository of its stretch looked up and put in again, until
 * the page is full. So a page costs as many look-ups as it has rows, and an entry for each thing the viewer holds,
 * whatever there is of others'. With all conditions in one WHERE, SQLite would walk over everybody's repositories.
 */
function visiblePageSql(kind: Viewer['kind']): string {
  if (kind === 'anonymous') return publicPageSql('*')
  const [index, isInAccount] =
    kind === 'everything'
      ? ['sqlite_autoindex_repository_1', '']
      : ['repository_account_id_name_idx', 'repository.account_id = merged.account_id AND']
  return `
    WITH RECURSIVE ${stretchSql(kind)},
    merged (name, id, account_id, pattern, narrowing, stop) AS (
      SELECT first, NULL, account_id, pattern, narrowing, stop FROM stretch WHERE first < stop
      UNION ALL
      SELECT next.name || '!', next.id, merged.account_id, merged.pattern, merged.narrowing, merged.stop
      FROM merged CROSS JOIN repository AS next ON next.id = (
        SELECT id FROM repository INDEXED BY ${index}
        WHERE ${isInAccount} repository.name >= merged.name AND repository.name < merged.stop
          AND repository.pushed_at IS NOT NULL
          AND ${covers('merged.pattern', PATH)} AND ${covers('merged.narrowing', 'repository.name')}
        ORDER BY repository.name LIMIT 1)
      ORDER BY 1
    ),
    visible (id) AS (
      SELECT id FROM (${publicPageSql('id')})
      UNION
      SELECT id FROM (SELECT DISTINCT id FROM merged WHERE id IS NOT NULL LIMIT @limit)
    )
    SELECT repository.* FROM visible CROSS JOIN repository ON repository.id = visible.id
    ORDER BY repository.name LIMIT @limit`
}

/**
 * Makes the function that reads repositories with content that a viewer may pull: those after a name, and not before
 * what they shall begin from, in order.
 */
export function createVisibleReader<Row>(
  db: Database,
): (
  viewer: Viewer,
  request: { readonly after: string | undefined; readonly from?: string; readonly limit: number },
) => Row[] {
  const statementFor = preparePerViewer<ViewerParameters & { from: string; limit: number }, Row>(db, visiblePageSql)
  return (viewer, { after, from = '', limit }) => {
    const first = `${after ?? ''}!`
    return statementFor(viewer).all({ ...viewerParameters(viewer), from: first > from ? first : from, limit })
  }
}
