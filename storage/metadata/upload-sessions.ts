import type { RepositoryName } from '../../oci/repository-name.ts'
import type { UploadKey } from '../blobs/blob-store.ts'
import type { Page, PageRequest } from './page.ts'

declare const uploadIdBrand: unique symbol

/** The public name of an upload session, as it stands in its URL; unguessable. */
export type UploadId = string & { readonly [uploadIdBrand]: true }

/** An upload belongs to one repository and one subject; for everybody else it does not exist (S09). */
export interface UploadSession {
  readonly id: UploadId
  readonly repository: RepositoryName
  /** Who started it, e.g. `user:7`. */
  readonly subject: string
  readonly storeKey: UploadKey
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/**
 * Upload sessions. Unlike everything else they may vanish in a power cut: their client starts again, and nothing was
 * acknowledged that is lost. That saves a disk flush for each blob of each push.
 */
export interface UploadSessionStore {
  create(session: UploadSession): Promise<void>
  find(id: UploadId): Promise<UploadSession | undefined>
  delete(id: UploadId): Promise<void>
  /** Forgets every session that uses these bytes. */
  deleteByStoreKey(key: UploadKey): Promise<void>
  /** How many sessions of a subject there are; counted up to `atMost`, however many there are. */
  countOf(subject: string, atMost: number): Promise<number>
  /** Sessions started before `createdBefore` (milliseconds since the epoch), in order of id: for the sweep. */
  listOlder(createdBefore: number, page: PageRequest): Promise<Page<UploadSession>>
}
