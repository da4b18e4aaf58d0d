import type { Deletion, IfVersion } from '../../storage/metadata/versions.ts'
import { Problem } from './problem.ts'

/** The `ETag` of a resource in some version. */
export function formatVersion(version: number): string {
  return `"${version}"`
}

/**
 * The version that `If-Match` asks for, any of something that is there for `*`; undefined without such a header.
 * @throws Problem 412 for what is no `ETag` of ours: no version can match it.
 */
export function parseIfMatch(header: string | undefined): IfVersion | undefined {
  if (header === undefined) return undefined
  if (header.trim() === '*') return 'any'
  const version = /^"([1-9]\d{0,14})"$/.exec(header.trim())?.[1]
  if (version === undefined) throw changedMeanwhile()
  return Number(version)
}

/** The answer to a change of a version that is not the current one any more. */
export function changedMeanwhile(): Problem {
  return new Problem(
    412,
    'PRECONDITION_FAILED',
    'this was changed since you read it, or the ETag is not one of ours; read it again and repeat the change',
  )
}

/**
 * @param absence what to say when it is gone already.
 * @throws Problem for what was not deleted.
 */
export function requireDeleted(deletion: Deletion, absence: Problem): void {
  if (deletion.kind === 'absent') throw absence
  if (deletion.kind === 'stale') throw changedMeanwhile()
}
