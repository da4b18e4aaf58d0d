/** There is no room left for bytes (disk full, quota of the file system). The store goes on serving. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError'
}
