import { randomInt } from 'node:crypto'

/** The condition of a change: that its object is still of this version, or that it is there at all. */
export type IfVersion = number | 'any'

/**
 * Whether a change may be made.
 * @param condition undefined for a change without one.
 * @param present the version that its object has; undefined when it is not there.
 */
export function isMet(condition: IfVersion | undefined, present: number | undefined): boolean {
  if (condition === undefined) return true
  return condition === 'any' ? present !== undefined : condition === present
}

/** How a deletion ended; `stale` when its object is of another version than was asked for. */
export type Deletion = { readonly kind: 'deleted' } | { readonly kind: 'absent' } | { readonly kind: 'stale' }

/** Fifteen digits: exact as a number, and as an `ETag`. */
const VERSIONS = 2 ** 47

/**
 * A version for what is new: it can be deleted and made anew under its name, and counted from one the second would come to
 * a version that somebody saw of the first. One counter for all would tell everybody how much others change.
 */
export function drawVersion(): number {
  return randomInt(1, VERSIONS)
}
