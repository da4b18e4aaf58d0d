/** What to do about a file that could not be read; completes the sentence "the file … ". */
export function explainReadFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist; correct the path'
    case 'EISDIR':
      return 'is a folder; name the file inside it'
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by the user Kontor runs as; change its owner or mode'
    default:
      return `cannot be read (${error instanceof Error ? error.message : String(error)})`
  }
}
