import type { ArchiveRefusal, ArchiveRefusalKind } from '../../oci/archive-refusal.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

/** As a Kontor calls them that is sent such an archive. */
const CODES: Readonly<Record<ArchiveRefusalKind, string>> = {
  invalid: 'ARCHIVE_INVALID',
  'too-large': 'ARCHIVE_TOO_LARGE',
  incomplete: 'ARCHIVE_INCOMPLETE',
  ambiguous: 'ARCHIVE_AMBIGUOUS',
  busy: 'UNAVAILABLE',
}

/** An archive that cannot be loaded, in the words for whoever asked for it. */
export function archiveError(path: string, refusal: Pick<ArchiveRefusal, 'kind' | 'message'>): CliError {
  return new CliError(`${path} cannot be loaded: ${refusal.message}`, {
    exitCode: EXIT.usage,
    code: CODES[refusal.kind],
    cause: refusal,
  })
}

/** Whether it is said that an archive lacks something. */
export function isIncomplete(error: unknown): boolean {
  return error instanceof CliError && error.code === CODES.incomplete
}
