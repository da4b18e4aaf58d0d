import { type ErrorCode, RegistryError } from '../../oci/error-codes.ts'

/** What a parser makes of something, or the code with which it refuses it; any other error is a bug and passes through. */
export function parsedOr<T>(parse: () => T): { readonly parsed: T } | { readonly refused: ErrorCode } {
  try {
    return { parsed: parse() }
  } catch (error) {
    if (error instanceof RegistryError) return { refused: error.code }
    throw error
  }
}
