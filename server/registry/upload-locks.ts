import { KeyedQueue } from '../../storage/keyed-queue.ts'

/** Lets requests of one upload session happen one after the other, so that two writers never mix their bytes (S41). */
export interface UploadLocks {
  hold<T>(id: string, work: () => Promise<T>): Promise<T>
}

/** Locks within one process. */
export function createUploadLocks(): UploadLocks {
  return new KeyedQueue<string>()
}
