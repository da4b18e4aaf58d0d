import { ArchiveRefusal } from '../../../oci/archive-refusal.ts'

/** The answer to what is no Zstandard, or no such Zstandard as is read here. */
export function corrupt(what: string): ArchiveRefusal {
  return new ArchiveRefusal('invalid', `the Zstandard data is damaged (${what}); compress the archive again`)
}
