import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { pathOf, type RepositoryName } from '../../../oci/repository-name.ts'
import type { RepositoryId } from '../identities.ts'
import type { ManifestKind } from '../manifests.ts'
import type { RepositoryState, Visibility } from '../repositories.ts'
import { isVocabulary, wordsOf } from '../search-words.ts'
import { documentPosition, levelOf, popularityLevel } from './document-position.ts'
import type { RepositoryRow } from './repository-rows.ts'
import { documentTokens, starLevel } from './search-tokens.ts'
import { createSearchVocabulary } from './search-vocabulary.ts'
import { shardOf, UNSHARDED } from './token-shards.ts'

/** Images of a repository that its document speaks of: the last ones that were tagged. */
const TAGS_LOOKED_AT = 10

/** Labels of images that change with every build: nobody looks for them, and they would rewrite the document each time. */
const VOLATILE_LABELS: ReadonlySet<string> = new Set([
  'org.opencontainers.image.created',
  'org.opencontainers.image.revision',
  'org.opencontainers.image.version',
  'org.opencontainers.image.ref.name',
  'org.opencontainers.image.base.digest',
  'org.label-schema.build-date',
  'org.label-schema.vcs-ref',
  'org.label-schema.version',
  'build-date',
  'vcs-ref',
])

/** A document moves when its level has changed by this much: what wavers between two stays where it is. */
const LEVELS_TO_MOVE = 2

interface DocumentRow {
  id: number
  name: RepositoryName
  visibility: Visibility
  description: string
  fingerprint: Buffer
}

interface NewDocument extends DocumentRow {
  repositoryId: number
  accountId: number
  state: RepositoryState
  pushedAt: number
  images: string
}

interface Images {
  readonly kinds: readonly ManifestKind[]
  readonly platforms: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** Keeps documents of the search index as what they describe, inside the transaction of whoever changed that. */
export interface RepositoryIndexer {
  /** Brings the document of a repository up to date; cheap when nothing that it says has changed. */
  index(repositoryId: RepositoryId): void
  /** The same, but writes the document even if it seems to be what it should be. */
  reindex(repositoryId: RepositoryId): void
  /** Takes the document away, before the repository is. */
  unindex(repositoryId: RepositoryId): void
  /** Moves the document if the repository has become more popular, or less, since. */
  reposition(repositoryId: RepositoryId): void
}

export function createRepositoryIndexer(context: {
  readonly db: Database
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): RepositoryIndexer {
  const { db, now } = context
  const vocabulary = createSearchVocabulary(db)
  const selectRepository = db.prepare<[number], RepositoryRow>('SELECT * FROM repository WHERE id = ?')
  const selectReadme = db.prepare<[number], { readme: string }>(
    'SELECT readme FROM repository_readme WHERE repository_id = ?',
  )
  const selectLabels = db.prepare<[number], { key: string; value: string }>(
    'SELECT key, value FROM repository_label WHERE repository_id = ?',
  )
  // The children of an index tell what it is made of; an index itself says little.
  const selectImages = db.prepare<[number], { kind: ManifestKind; platforms: string; labels: string }>(`
    WITH tagged (id) AS MATERIALIZED (
      SELECT DISTINCT manifest_id FROM (
        SELECT manifest_id FROM tag INDEXED BY tag_live_newest_idx
        WHERE repository_id = ? AND ended_at IS NULL ORDER BY id DESC LIMIT ${TAGS_LOOKED_AT})
    ),
    described (id, rank) AS (
      SELECT id, 0 FROM tagged
      UNION ALL
      SELECT child.id, 1 FROM tagged
      CROSS JOIN manifest_reference AS edge ON edge.manifest_id = tagged.id AND edge.kind = 'manifest'
      CROSS JOIN manifest AS child ON child.repository_id = edge.repository_id AND child.digest = edge.digest
    )
    SELECT kind, platforms, labels FROM described
    CROSS JOIN manifest_description ON manifest_description.manifest_id = described.id
    ORDER BY described.rank, described.id DESC`)
  const selectDocument = db.prepare<[number], DocumentRow>(
    'SELECT id, name, visibility, description, fingerprint FROM search_document WHERE repository_id = ?',
  )
  const putDocument = db.prepare<NewDocument>(`
    INSERT INTO search_document
      (id, repository_id, account_id, name, visibility, state, pushed_at, description, images, fingerprint)
    VALUES (@id, @repositoryId, @accountId, @name, @visibility, @state, @pushedAt, @description, @images, @fingerprint)`)
  const deleteDocument = db.prepare<[number]>('DELETE FROM search_document WHERE id = ?')
  const texts = { public: openText(db, 'public_text'), private: openText(db, 'private_text') } as const

  function readLabels(repositoryId: number, images: Images): Record<string, string> {
    const own = selectLabels.all(repositoryId).map(({ key, value }) => [key, value] as const)
    return { ...images.labels, ...Object.fromEntries(own) }
  }

  function readImages(repositoryId: number): Images {
    const rows = selectImages.all(repositoryId)
    const labels: Record<string, string> = Object.create(null)
    for (const row of rows) {
      for (const [key, value] of Object.entries(JSON.parse(row.labels) as Record<string, string>)) {
        if (!VOLATILE_LABELS.has(key)) labels[key] ??= value
      }
    }
    return {
      kinds: [...new Set(rows.map((row) => row.kind))].sort(),
      platforms: [...new Set(rows.flatMap((row) => JSON.parse(row.platforms) as string[]))].sort(),
      labels: { ...labels },
    }
  }

  function remove(document: DocumentRow): void {
    texts[document.visibility].delete.run(document.id)
    deleteDocument.run(document.id)
  }

  /** @param reason what has to differ for the document to be written: nothing, its text, or its place. */
  function write(repositoryId: RepositoryId, reason: 'any' | 'changed' | 'moved'): void {
    const row = selectRepository.get(repositoryId)
    if (row === undefined || row.pushed_at === null) return
    const before = selectDocument.get(repositoryId)
    const level = popularityLevel(row, now())
    const hasMoved = before === undefined || Math.abs(levelOf(before.id) - level) >= LEVELS_TO_MOVE
    if (reason === 'moved' && !hasMoved) return
    const images = readImages(repositoryId)
    const fingerprint = fingerprintOf(row, images)
    if (reason === 'changed' && !hasMoved && before.fingerprint.equals(fingerprint)) return

    const labels = readLabels(repositoryId, images)
    const document: NewDocument = {
      id: hasMoved ? documentPosition(level, repositoryId) : before.id,
      repositoryId,
      accountId: row.account_id,
      name: row.name as RepositoryName,
      visibility: row.visibility,
      state: row.state,
      pushedAt: row.pushed_at,
      description: row.description,
      images: JSON.stringify({ ...images, labels }),
      fingerprint,
    }
    if (before !== undefined) remove(before)
    putDocument.run(document)
    const tokens = documentTokens(
      {
        ...images,
        name: document.name,
        ownerId: row.account_id,
        state: row.state,
        description: row.description,
        readme: selectReadme.get(repositoryId)?.readme ?? '',
        labels,
        stars: row.stars,
        pushedAt: row.pushed_at,
      },
      row.visibility === 'public' ? [UNSHARDED] : [UNSHARDED, shardOf(row.account_id)],
    )
    texts[row.visibility].insert.run(document.id, tokens)
    vocabulary.change(vocabularyOf(before), vocabularyOf(document))
  }

  return {
    index: (repositoryId) => write(repositoryId, 'changed'),
    reindex: (repositoryId) => write(repositoryId, 'any'),
    reposition: (repositoryId) => write(repositoryId, 'moved'),
    unindex(repositoryId) {
      const before = selectDocument.get(repositoryId)
      if (before === undefined) return
      remove(before)
      vocabulary.change(vocabularyOf(before), vocabularyOf(undefined))
    },
  }
}

/** What is written to one of the two lists of documents. */
function openText(db: Database, table: 'public_text' | 'private_text') {
  return {
    delete: db.prepare<[number]>(`DELETE FROM ${table} WHERE rowid = ?`),
    insert: db.prepare<[number, string]>(`INSERT INTO ${table} (rowid, tokens) VALUES (?, ?)`),
  }
}

/** The words that may be meant by misspelt ones: of a document's name and description. */
function vocabularyOf(document: DocumentRow | undefined): ReadonlySet<string> {
  if (document === undefined) return new Set()
  return new Set(wordsOf(`${pathOf(document.name)} ${document.description}`).filter(isVocabulary))
}

/** Of everything that a document says; what people edit is in the version. An account's name is not in any document. */
function fingerprintOf(row: RepositoryRow, images: Images): Buffer {
  const pushed = new Date(row.pushed_at ?? 0)
  const text = JSON.stringify([
    row.version,
    row.visibility,
    starLevel(row.stars),
    pushed.getUTCFullYear(),
    pushed.getUTCMonth(),
    images,
  ])
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
