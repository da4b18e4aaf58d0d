import type { Tag } from '../tag/tag-columns.ts'

/** What is known of a tag between two looks. */
export type KnownTag = Pick<Tag, 'name' | 'digest' | 'pushedAt'>

/** What one look has seen: the tags that were pushed last, the newest first. */
export interface TagSighting {
  readonly tags: readonly Tag[]
  /** Whether these are all. */
  readonly isWhole: boolean
}

/** What has changed between two looks. */
export interface TagChanges {
  /** New ones and those that point elsewhere, the oldest first. */
  readonly pointed: readonly { readonly tag: Tag; readonly previous: KnownTag | undefined }[]
  /** Those that should have been seen and were not. */
  readonly missing: readonly KnownTag[]
}

/**
 * Compares what is known with what was seen. Where a look did not go to the end, only such tags can be missing that
 * were pushed after the last one that it saw.
 */
export function compareTags(known: ReadonlyMap<string, KnownTag>, { tags, isWhole }: TagSighting): TagChanges {
  const pointed = tags
    .map((tag) => ({ tag, previous: known.get(tag.name) }))
    .filter(({ tag, previous }) => previous?.digest !== tag.digest || previous.pushedAt !== tag.pushedAt)
    .reverse()
  const seen = new Set(tags.map(({ name }) => name))
  const last = tags.at(-1)
  const missing = [...known.values()].filter(
    ({ name, pushedAt }) => !seen.has(name) && (isWhole || last === undefined || pushedAt >= last.pushedAt),
  )
  return { pointed, missing }
}
