import type { Repository } from '../../storage/metadata/repositories.ts'

/** The value of a `Warning` header for people (distribution-spec, Warnings). The text has no quotes and is ASCII. */
export function formatWarning(text: string): string {
  return `299 - "${text}"`
}

/**
 * What whoever pulls from a repository is to be told; undefined for one in use. Made of names only, and what they may
 * be made of ends no quotes and no header (S36).
 */
export function warningAbout({ name, state, successor }: Repository): string | undefined {
  if (state === 'active') return undefined
  const isWhat = state === 'archived' ? 'archived and will not change any more' : 'deprecated'
  return successor === undefined ? `${name} is ${isWhat}` : `${name} is ${isWhat}; use ${successor}`
}
