import { type ErrorCode, RegistryError } from '../../../oci/error-codes.ts'

/** The code with which some work is refused; fails the test when it is not refused, or with another error. */
export function refusalOf(work: () => unknown): ErrorCode {
  return refusal(work).code
}

/** The refusal itself. */
export function refusal(work: () => unknown): RegistryError {
  try {
    work()
  } catch (error) {
    if (error instanceof RegistryError) return error
    throw error
  }
  throw new Error('it was not refused')
}
