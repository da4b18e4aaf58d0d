import { CliError } from '../cli-error.ts'

/**
 * Adds to what a server refuses the command to try next, by the server's word for it. The refusal stays what it is.
 * @param hints by code, such as `NOT_FOUND`.
 */
export async function withHints<T>(request: Promise<T>, hints: Readonly<Record<string, string>>): Promise<T> {
  try {
    return await request
  } catch (error) {
    if (!(error instanceof CliError) || error.hint !== undefined || error.code === undefined) throw error
    if (!Object.hasOwn(hints, error.code)) throw error
    const { exitCode, code, requestId } = error
    throw new CliError(error.message, { exitCode, code, requestId, hint: hints[error.code], cause: error })
  }
}

/** What is there; undefined when there is no such thing, or it may not be seen. */
export async function orAbsent<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (error instanceof CliError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
